BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('r0001');
CREATE TABLE attempts (
        trigger_id TEXT NOT NULL,
        arming INTEGER NOT NULL,
        n INTEGER NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        client_order_id INTEGER NOT NULL,
        venue_order_id TEXT NOT NULL,
        state TEXT NOT NULL,
        ts_changed_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        signed BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (trigger_id, arming, n),
        UNIQUE (account, client_order_id)
    ) STRICT
    ;
INSERT INTO "attempts" VALUES('btc-swing/tp1',1,1,'backpack','BTC_USDC_PERP',3825205249,'59669287001','filled',1795985203631542219,'{"order":{"attempt":{"trigger_id":"btc-swing/tp1","arming":1,"n":1},"account":"backpack","symbol":"BTC_USDC_PERP","side":"buy","quantity":"0.2","order":"market","price":null,"time_in_force":"ioc","client_order_id":3825205249},"key":{"account":"backpack","symbol":"BTC_USDC_PERP","side":"short"},"lifetime":1,"state":"filled","signed":"","ts_signed_venue_ns":1795985203629000000,"expires_venue_ns":1795985205632247570,"venue_order_id":"59669287001","filled":"0.2","filled_quote":"19581.94","ts_filled_venue_ns":1795985203630000000,"refusal":"","ts_sent_ns":1795985203630366999,"ts_changed_ns":1795985203631542219,"position_before":"0.5","is_flagged":false}',X'7B226D6574686F64223A22504F5354222C2270617468223A222F6170692F76312F6F72646572222C2268656164657273223A7B22582D4150492D4B6579223A22566C4F6872624E664B3564506F6A54546D71633970304D6F2F6651787359515238552F2B382B72526861343D222C22582D5369676E6174757265223A22347566587054496E315259476266762B444D36563139557852354F516B614C6B706C30556777517A34756D72326A774549494F4A425969314C676656786E3778594873315457544B46617A6473766A7177484E5641513D3D222C22582D54696D657374616D70223A2231373935393835323033363239222C22582D57696E646F77223A2232303030222C22436F6E74656E742D54797065223A226170706C69636174696F6E2F6A736F6E3B20636861727365743D7574662D38227D2C22626F6479223A227B5C22636C69656E7449645C223A333832353230353234392C5C226F72646572547970655C223A5C224D61726B65745C222C5C227175616E746974795C223A5C22302E325C222C5C227265647563654F6E6C795C223A747275652C5C22736964655C223A5C224269645C222C5C2273796D626F6C5C223A5C224254435F555344435F504552505C227D227D',800169533);
INSERT INTO "attempts" VALUES('eth-core/sl',1,1,'backpack','ETH_USDC_PERP',3825205250,'','sent',1795985209287203184,'{"order":{"attempt":{"trigger_id":"eth-core/sl","arming":1,"n":1},"account":"backpack","symbol":"ETH_USDC_PERP","side":"sell","quantity":"2","order":"market","price":null,"time_in_force":"ioc","client_order_id":3825205250},"key":{"account":"backpack","symbol":"ETH_USDC_PERP","side":"long"},"lifetime":1,"state":"sent","signed":"","ts_signed_venue_ns":1795985209286000000,"expires_venue_ns":1795985211289247570,"venue_order_id":"","filled":"0","filled_quote":"0","ts_filled_venue_ns":0,"refusal":"","ts_sent_ns":1795985209287203184,"ts_changed_ns":1795985209287203184,"position_before":"2","is_flagged":false}',X'7B226D6574686F64223A22504F5354222C2270617468223A222F6170692F76312F6F72646572222C2268656164657273223A7B22582D4150492D4B6579223A22566C4F6872624E664B3564506F6A54546D71633970304D6F2F6651787359515238552F2B382B72526861343D222C22582D5369676E6174757265223A226D723957545A4F46427163334B2F7843726B7437543165554442714236412F5234423467624749484E6F5561526945683442534C57664F51615143344F563949536E4577333849462B374E444F484A33782F6F4E43773D3D222C22582D54696D657374616D70223A2231373935393835323039323836222C22582D57696E646F77223A2232303030222C22436F6E74656E742D54797065223A226170706C69636174696F6E2F6A736F6E3B20636861727365743D7574662D38227D2C22626F6479223A227B5C22636C69656E7449645C223A333832353230353235302C5C226F72646572547970655C223A5C224D61726B65745C222C5C227175616E746974795C223A5C22325C222C5C227265647563654F6E6C795C223A747275652C5C22736964655C223A5C2241736B5C222C5C2273796D626F6C5C223A5C224554485F555344435F504552505C227D227D',672096838);
CREATE TABLE counters (
        account TEXT NOT NULL PRIMARY KEY,
        tag INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "counters" VALUES('backpack',228,2,'{"account":"backpack","tag":228,"counter":2}',2686244040);
CREATE TABLE facts (
        seq INTEGER NOT NULL PRIMARY KEY,
        ts_ns INTEGER NOT NULL,
        kind TEXT NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        trigger_id TEXT NOT NULL,
        fire_id TEXT NOT NULL,
        fields TEXT NOT NULL,
        decimals TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "facts" VALUES(1,1795985203572889129,'position.opened','backpack','SOL_USDC_PERP','','','{"side":"long","quantity":"10","entry_price":"140","lifetime":1}','["quantity","entry_price"]',3485951275);
INSERT INTO "facts" VALUES(2,1795985203572889129,'position.opened','backpack','BTC_USDC_PERP','','','{"side":"short","quantity":"0.5","entry_price":"100000","lifetime":1}','["quantity","entry_price"]',3324026560);
INSERT INTO "facts" VALUES(3,1795985203572889129,'position.opened','backpack','ETH_USDC_PERP','','','{"side":"long","quantity":"2","entry_price":"4000","lifetime":1}','["quantity","entry_price"]',1317471486);
INSERT INTO "facts" VALUES(4,1795985203603588462,'trigger.waiting','backpack','SOL_USDC_PERP','sol-later/sl','','{"level":"152","waiting_for":"position","is_stop":true,"alert":false}','["level"]',3040217932);
INSERT INTO "facts" VALUES(5,1795985203605647938,'trigger.armed','backpack','ETH_USDC_PERP','eth-core/sl','','{"level":"3900","arming":1,"lifetime":1}','["level"]',2174416000);
INSERT INTO "facts" VALUES(6,1795985203605647938,'trigger.armed','backpack','ETH_USDC_PERP','eth-core/tp','','{"level":"4600","arming":1,"lifetime":1}','["level"]',3501670572);
INSERT INTO "facts" VALUES(7,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/sl','','{"level":"131.25","arming":1,"lifetime":1}','["level"]',219930821);
INSERT INTO "facts" VALUES(8,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp1','','{"level":"150","arming":1,"lifetime":1}','["level"]',806241770);
INSERT INTO "facts" VALUES(9,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp3','','{"level":"175","arming":1,"lifetime":1}','["level"]',94518005);
INSERT INTO "facts" VALUES(10,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/wall','','{"level":"125","arming":1,"lifetime":1}','["level"]',2385196819);
INSERT INTO "facts" VALUES(11,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-bids/pull','','{"level":"120","arming":1,"lifetime":0}','["level"]',754157268);
INSERT INTO "facts" VALUES(12,1795985203605795668,'trigger.armed','backpack','SOL_USDC_PERP','sol-bids/note','','{"level":"155","arming":1,"lifetime":0}','["level"]',3405962997);
INSERT INTO "facts" VALUES(13,1795985203606008144,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp2','','{"level":"160","arming":1,"lifetime":1}','["level"]',535640749);
INSERT INTO "facts" VALUES(14,1795985203606067472,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/sl','','{"level":"104000","arming":1,"lifetime":1}','["level"]',4251465775);
INSERT INTO "facts" VALUES(15,1795985203606067472,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/tp1','','{"level":"98000","arming":1,"lifetime":1}','["level"]',775863103);
INSERT INTO "facts" VALUES(16,1795985203606067472,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/tp2','','{"level":"88000","arming":1,"lifetime":1}','["level"]',958806955);
INSERT INTO "facts" VALUES(17,1795985203606138838,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/candles','','{"level":"120","arming":1,"lifetime":1}','["level"]',452923396);
INSERT INTO "facts" VALUES(18,1795985203627605569,'trigger.hit','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"level":"98000","observed":"97900","source":"backpack/BTC_USDC_PERP/mark","cause":"price","ts_venue_ns":1795985203627339000,"ts_recv_ns":1795985203627605569}','["level","observed"]',1445374599);
INSERT INTO "facts" VALUES(19,1795985203628039896,'order.signed','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":3825205249,"side":"buy","quantity":"0.2","order":"market","price":null,"position":"0.5","position_unproven":false}','["quantity","position"]',1528053231);
INSERT INTO "facts" VALUES(20,1795985203630366999,'order.sent','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":3825205249}','[]',2956741502);
INSERT INTO "facts" VALUES(21,1795985203631542219,'order.filled','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":3825205249,"venue_order_id":"59669287001","quantity":"0.2","filled":"0.2","average_price":"97909.7","reason":"","ts_venue_ns":1795985203630000000}','["quantity","filled","average_price"]',2996530448);
INSERT INTO "facts" VALUES(22,1795985203632563749,'position.changed','backpack','BTC_USDC_PERP','','','{"side":"short","before":"0.5","quantity":"0.3","entry_price":"100000"}','["before","quantity","entry_price"]',917047818);
INSERT INTO "facts" VALUES(23,1795985203632563749,'trigger.done','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"reason":"filled","level":"98000","observed":"97900","target":"0.2","filled":"0.2","average_price":"97909.7","slippage":"-90.3","fee":"9.79097","fee_asset":"USDC","pnl":"408.26903","attempts":1}','["level","observed","target","filled","average_price","slippage","fee","pnl"]',1528304769);
INSERT INTO "facts" VALUES(24,1795985204241339114,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGYS0H4BAFPQH1PHWCN7ED','','{"level":"122","arming":1,"lifetime":1}','["level"]',923370724);
INSERT INTO "facts" VALUES(25,1795985204995160546,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGYSR3C52Y9V4S7BEFM4QZ','','{"level":"171","arming":1,"lifetime":1}','["level"]',1402913679);
INSERT INTO "facts" VALUES(26,1795985205835833907,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGYTJB01MWASA6ZWC4ECM7','','{"level":"172","arming":1,"lifetime":1}','["level"]',4034280682);
INSERT INTO "facts" VALUES(27,1795985206244081848,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGYTZ42J7RCVNXBZ6TVP98','','{"level":"174","arming":1,"lifetime":1}','["level"]',564058230);
INSERT INTO "facts" VALUES(28,1795985206702240931,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/mine','','{"level":"173","arming":1,"lifetime":1}','["level"]',2709473977);
INSERT INTO "facts" VALUES(29,1795985207105511223,'trigger.paused','backpack','SOL_USDC_PERP','trg_01M8MGYSR3C52Y9V4S7BEFM4QZ','','{"by":"cli:root"}','[]',2235301051);
INSERT INTO "facts" VALUES(30,1795985207504163186,'trigger.cancelled','backpack','SOL_USDC_PERP','trg_01M8MGYTZ42J7RCVNXBZ6TVP98','','{"reason":"cancelled","by":"cli:root","why":""}','[]',134727281);
INSERT INTO "facts" VALUES(31,1795985207930727729,'trigger.cancelled','backpack','SOL_USDC_PERP','trg_01M8MGYTJB01MWASA6ZWC4ECM7','','{"reason":"cancelled","by":"cli:root","why":""}','[]',2451939579);
INSERT INTO "facts" VALUES(32,1795985208315416489,'trigger.paused','backpack','SOL_USDC_PERP','sol-core/tp3','','{"by":"cli:root"}','[]',2977706886);
INSERT INTO "facts" VALUES(33,1795985209284733649,'trigger.hit','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"level":"3900","observed":"3895","source":"backpack/ETH_USDC_PERP/mark","cause":"price","ts_venue_ns":1795985209281560000,"ts_recv_ns":1795985209284733649}','["level","observed"]',24243747);
INSERT INTO "facts" VALUES(34,1795985209285171330,'order.signed','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"attempt":1,"client_order_id":3825205250,"side":"sell","quantity":"2","order":"market","price":null,"position":"2","position_unproven":false}','["quantity","position"]',3958894102);
INSERT INTO "facts" VALUES(35,1795985209287203184,'order.sent','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"attempt":1,"client_order_id":3825205250}','[]',1083230262);
CREATE TABLE fills (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        trade_id TEXT NOT NULL,
        fire_id TEXT NOT NULL,
        venue_order_id TEXT NOT NULL,
        client_order_id INTEGER,
        side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        price TEXT NOT NULL,
        fee TEXT NOT NULL,
        fee_asset TEXT NOT NULL,
        ts_venue_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, trade_id)
    ) STRICT
    ;
INSERT INTO "fills" VALUES('backpack','BTC_USDC_PERP','7558004','btc-swing/tp1#1','59669287001',3825205249,'buy','0.2','97909.7','9.79097','USDC',1795985203630916000,'{"account":"backpack","symbol":"BTC_USDC_PERP","trade_id":"7558004","venue_order_id":"59669287001","client_order_id":3825205249,"fire_id":"btc-swing/tp1#1","side":"buy","quantity":"0.2","price":"97909.7","fee":"9.79097","fee_asset":"USDC","is_maker":false,"ts_venue_ns":1795985203630916000}',2610556221);
CREATE TABLE fires (
        trigger_id TEXT NOT NULL,
        arming INTEGER NOT NULL,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        open INTEGER NOT NULL,
        reason TEXT NOT NULL,
        ts_hit_ns INTEGER NOT NULL,
        ts_done_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (trigger_id, arming)
    ) STRICT
    ;
INSERT INTO "fires" VALUES('btc-swing/tp1',1,'backpack','BTC_USDC_PERP','short',0,'filled',1795985203627605569,1795985203632563749,'{"trigger_id":"btc-swing/tp1","arming":1,"account":"backpack","symbol":"BTC_USDC_PERP","side":"short","lifetime":1,"level":"98000","observed":"97900","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"ts_venue_ns":1795985203627339000,"ts_recv_ns":1795985203627605569,"ts_hit_ns":1795985203627605569,"cause":"price","target":"0.2","attempts":1,"filled":"0.2","filled_quote":"19581.94","fees":[{"asset":"USDC","amount":"9.79097"}],"entry_price":"100000","position_id":"5479295502","quote":"USDC","stage":0,"cancelled_orders":0,"is_cancel_confirmed":false,"refusals":0,"held_by":"","due_ns":1795985203627605569,"confirm_ns":0,"open":false,"reason":"filled","ts_done_ns":1795985203632563749}',370347052);
INSERT INTO "fires" VALUES('eth-core/sl',1,'backpack','ETH_USDC_PERP','long',1,'',1795985209284733649,0,'{"trigger_id":"eth-core/sl","arming":1,"account":"backpack","symbol":"ETH_USDC_PERP","side":"long","lifetime":1,"level":"3900","observed":"3895","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"ts_venue_ns":1795985209281560000,"ts_recv_ns":1795985209284733649,"ts_hit_ns":1795985209284733649,"cause":"price","target":null,"attempts":1,"filled":"0","filled_quote":"0","fees":[],"entry_price":"4000","position_id":"5479295503","quote":"USDC","stage":0,"cancelled_orders":0,"is_cancel_confirmed":false,"refusals":0,"held_by":"","due_ns":1795985209284733649,"confirm_ns":0,"open":true,"reason":"","ts_done_ns":0}',172762338);
CREATE TABLE idempotency (
        key TEXT NOT NULL PRIMARY KEY,
        ts_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "idempotency" VALUES('cli:root/once',1795985205835833907,'{"key":"cli:root/once","digest":"daaa0bf839fa59e3bb059b9d67d63673fb9a53aa8c15494fe02a82fed50a21a2","trigger_ids":["trg_01M8MGYTJB01MWASA6ZWC4ECM7"],"ts_ns":1795985205835833907}',574461841);
CREATE TABLE instruments (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol)
    ) STRICT
    ;
INSERT INTO "instruments" VALUES('backpack','SOL_USDC_PERP','{"account":"backpack","symbol":"SOL_USDC_PERP","kind":"perpetual","base":"SOL","quote":"USDC","price_step":"0.01","quantity_step":"0.01","min_quantity":"0.01","max_quantity":null,"min_notional":null,"book_state":"open"}',2771914751);
INSERT INTO "instruments" VALUES('backpack','BTC_USDC_PERP','{"account":"backpack","symbol":"BTC_USDC_PERP","kind":"perpetual","base":"BTC","quote":"USDC","price_step":"0.1","quantity_step":"0.00001","min_quantity":"0.00001","max_quantity":null,"min_notional":null,"book_state":"open"}',1326507283);
INSERT INTO "instruments" VALUES('backpack','ETH_USDC_PERP','{"account":"backpack","symbol":"ETH_USDC_PERP","kind":"perpetual","base":"ETH","quote":"USDC","price_step":"0.01","quantity_step":"0.0001","min_quantity":"0.0001","max_quantity":null,"min_notional":null,"book_state":"open"}',2714390700);
INSERT INTO "instruments" VALUES('backpack','SOL_USDC','{"account":"backpack","symbol":"SOL_USDC","kind":"spot","base":"SOL","quote":"USDC","price_step":"0.01","quantity_step":"0.01","min_quantity":"0.01","max_quantity":null,"min_notional":null,"book_state":"open"}',3072084019);
CREATE TABLE meta (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "meta" VALUES('deployment','7ae500a838416908',4195845931);
INSERT INTO "meta" VALUES('stop','running',1847732488);
INSERT INTO "meta" VALUES('tag:backpack','228',3869588853);
CREATE TABLE notes (
        key TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
CREATE TABLE positions (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        lifetime INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, side)
    ) STRICT
    ;
INSERT INTO "positions" VALUES('backpack','SOL_USDC_PERP','long','10',1,'{"key":{"account":"backpack","symbol":"SOL_USDC_PERP","side":"long"},"quantity":"10","entry_price":"140","position_id":"5479295501","ts_venue_ns":1795985203570647307,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985203572889129,"filled_in_lifetime":"0","unexplained":"0","proven":true}',3558077241);
INSERT INTO "positions" VALUES('backpack','BTC_USDC_PERP','short','0.3',1,'{"key":{"account":"backpack","symbol":"BTC_USDC_PERP","side":"short"},"quantity":"0.3","entry_price":"100000","position_id":"5479295502","ts_venue_ns":1795985203630916000,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985203572889129,"filled_in_lifetime":"0.2","unexplained":"0.0","proven":true}',570511351);
INSERT INTO "positions" VALUES('backpack','ETH_USDC_PERP','long','2',1,'{"key":{"account":"backpack","symbol":"ETH_USDC_PERP","side":"long"},"quantity":"2","entry_price":"4000","position_id":"5479295503","ts_venue_ns":1795985203570647307,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985203572889129,"filled_in_lifetime":"0","unexplained":"0","proven":true}',2253398861);
CREATE TABLE progress (
        id INTEGER NOT NULL PRIMARY KEY,
        batch INTEGER NOT NULL,
        fact_seq INTEGER NOT NULL,
        arming_seq INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "progress" VALUES(1,29,35,18,3051375106);
CREATE TABLE set_aside (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        ts_ns INTEGER NOT NULL,
        origin TEXT NOT NULL,
        row_key TEXT NOT NULL,
        reason TEXT NOT NULL,
        content BLOB NOT NULL
    ) STRICT
    ;
CREATE TABLE tokens (
        name TEXT NOT NULL PRIMARY KEY,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "tokens" VALUES('dashboard','{"name":"dashboard","digest":"4b7c1a1f4946bc358d4cee5a1ae91cdfd3ae28ee4caa7ac691881101d638317e","scopes":["read"],"ts_created_ns":1795985208738958889,"expires_ns":null}',3793847888);
INSERT INTO "tokens" VALUES('bot','{"name":"bot","digest":"acaf3ecb2207645b831a71651b8b932b39f92cc64e1752f64c582337c23093af","scopes":["trade"],"ts_created_ns":1795985209164489998,"expires_ns":2111345209164434366}',4123133079);
CREATE TABLE triggers (
        id TEXT NOT NULL PRIMARY KEY,
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        state TEXT NOT NULL,
        owner TEXT NOT NULL,
        level TEXT,
        arming INTEGER NOT NULL,
        ts_changed_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "triggers" VALUES('sol-core/sl','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:7','131.25',1,1795985203605795668,'{"definition":{"id":"sol-core/sl","owner":"file:conf.d/sol.yaml:7","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"131.25"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":3,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985203605795668}',1294834784);
INSERT INTO "triggers" VALUES('sol-core/tp1','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:8','150',1,1795985203605795668,'{"definition":{"id":"sol-core/tp1","owner":"file:conf.d/sol.yaml:8","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"150"},"action":{"type":"close","quantity":{"kind":"share","value":"50"},"order":"limit","slippage_limit":"0.5","is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":4,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985203605795668}',4188634783);
INSERT INTO "triggers" VALUES('sol-core/tp2','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:9','160',1,1795985203606008144,'{"definition":{"id":"sol-core/tp2","owner":"file:conf.d/sol.yaml:9","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"last","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"160"},"action":{"type":"close","quantity":{"kind":"share","value":"25"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":9,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203606008144,"ts_changed_ns":1795985203606008144}',2925012240);
INSERT INTO "triggers" VALUES('sol-core/tp3','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:10','175',1,1795985208315416489,'{"definition":{"id":"sol-core/tp3","owner":"file:conf.d/sol.yaml:10","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"175"},"action":{"type":"close","quantity":{"kind":"rest","value":"0"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":5,"waiting_for":"","reason":"","paused":true,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985208315416489}',3527294713);
INSERT INTO "triggers" VALUES('sol-core/wall','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:11','125',1,1795985203605795668,'{"definition":{"id":"sol-core/wall","owner":"file:conf.d/sol.yaml:11","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"125"},"action":{"type":"cancel_and_close","cancel":{"type":"cancel","scope":"all","client_order_id":""},"close":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false}},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":6,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985203605795668}',2833181932);
INSERT INTO "triggers" VALUES('sol-core/candles','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:12','120',1,1795985203606138838,'{"definition":{"id":"sol-core/candles","owner":"file:conf.d/sol.yaml:12","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"last_close","candle":"15m","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"120"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":13,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203606138838,"ts_changed_ns":1795985203606138838}',911152172);
INSERT INTO "triggers" VALUES('sol-bids/pull','backpack','SOL_USDC_PERP','','armed','file:conf.d/sol.yaml:17','120',1,1795985203605795668,'{"definition":{"id":"sol-bids/pull","owner":"file:conf.d/sol.yaml:17","account":"backpack","symbol":"SOL_USDC_PERP","side":null,"source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"below","price":"120"},"action":{"type":"cancel","scope":"limit","client_order_id":""},"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":7,"waiting_for":"","reason":"","paused":false,"lifetime":0,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985203605795668}',3519203597);
INSERT INTO "triggers" VALUES('sol-bids/note','backpack','SOL_USDC_PERP','','armed','file:conf.d/sol.yaml:18','155',1,1795985203605795668,'{"definition":{"id":"sol-bids/note","owner":"file:conf.d/sol.yaml:18","account":"backpack","symbol":"SOL_USDC_PERP","side":null,"source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"above","price":"155"},"action":{"type":"notify"},"expires_ns":2111345203603004483,"template":false,"once":false,"note":"expires 3650d after it was first loaded"},"state":"armed","arming":1,"seq":8,"waiting_for":"","reason":"","paused":false,"lifetime":0,"filled":"0","ts_armed_ns":1795985203605795668,"ts_changed_ns":1795985203605795668}',1302922731);
INSERT INTO "triggers" VALUES('sol-later/sl','backpack','SOL_USDC_PERP','short','waiting','file:conf.d/sol.yaml:24','152',0,1795985203603588462,'{"definition":{"id":"sol-later/sl","owner":"file:conf.d/sol.yaml:24","account":"backpack","symbol":"SOL_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"152"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"waiting","arming":0,"seq":0,"waiting_for":"position","reason":"","paused":false,"lifetime":0,"filled":"0","ts_armed_ns":0,"ts_changed_ns":1795985203603588462}',1465184184);
INSERT INTO "triggers" VALUES('btc-swing/sl','backpack','BTC_USDC_PERP','short','armed','file:conf.d/sol.yaml:30','104000',1,1795985203606067472,'{"definition":{"id":"btc-swing/sl","owner":"file:conf.d/sol.yaml:30","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"104000"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":10,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203606067472,"ts_changed_ns":1795985203606067472}',436931360);
INSERT INTO "triggers" VALUES('btc-swing/tp1','backpack','BTC_USDC_PERP','short','done','file:conf.d/sol.yaml:31','98000',1,1795985203632563749,'{"definition":{"id":"btc-swing/tp1","owner":"file:conf.d/sol.yaml:31","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"98000"},"action":{"type":"close","quantity":{"kind":"share","value":"40"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"done","arming":1,"seq":11,"waiting_for":"","reason":"filled","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203606067472,"ts_changed_ns":1795985203632563749}',3631655187);
INSERT INTO "triggers" VALUES('btc-swing/tp2','backpack','BTC_USDC_PERP','short','armed','file:conf.d/sol.yaml:32','88000',1,1795985203606067472,'{"definition":{"id":"btc-swing/tp2","owner":"file:conf.d/sol.yaml:32","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"88000"},"action":{"type":"close","quantity":{"kind":"rest","value":"0"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":12,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203606067472,"ts_changed_ns":1795985203606067472}',416650175);
INSERT INTO "triggers" VALUES('eth-core/sl','backpack','ETH_USDC_PERP','long','firing','file:conf.d/sol.yaml:38','3900',1,1795985209284733649,'{"definition":{"id":"eth-core/sl","owner":"file:conf.d/sol.yaml:38","account":"backpack","symbol":"ETH_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"3900"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"firing","arming":1,"seq":1,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605647938,"ts_changed_ns":1795985209284733649}',4157931622);
INSERT INTO "triggers" VALUES('eth-core/tp','backpack','ETH_USDC_PERP','long','armed','file:conf.d/sol.yaml:39','4600',1,1795985203605647938,'{"definition":{"id":"eth-core/tp","owner":"file:conf.d/sol.yaml:39","account":"backpack","symbol":"ETH_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"4600"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":2,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985203605647938,"ts_changed_ns":1795985203605647938}',2884079985);
INSERT INTO "triggers" VALUES('trg_01M8MGYS0H4BAFPQH1PHWCN7ED','backpack','SOL_USDC_PERP','long','armed','cli:root','122',1,1795985204241339114,'{"definition":{"id":"trg_01M8MGYS0H4BAFPQH1PHWCN7ED","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"122"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":false,"once":false,"note":"by hand"},"state":"armed","arming":1,"seq":14,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985204241339114,"ts_changed_ns":1795985204241339114}',3458315846);
INSERT INTO "triggers" VALUES('trg_01M8MGYSR3C52Y9V4S7BEFM4QZ','backpack','SOL_USDC_PERP','long','armed','cli:root','171',1,1795985207105511223,'{"definition":{"id":"trg_01M8MGYSR3C52Y9V4S7BEFM4QZ","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"171"},"action":{"type":"close","quantity":{"kind":"share","value":"10"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":15,"waiting_for":"","reason":"","paused":true,"lifetime":1,"filled":"0","ts_armed_ns":1795985204995160546,"ts_changed_ns":1795985207105511223}',3971526351);
INSERT INTO "triggers" VALUES('trg_01M8MGYTJB01MWASA6ZWC4ECM7','backpack','SOL_USDC_PERP','long','done','cli:root','172',1,1795985207930727729,'{"definition":{"id":"trg_01M8MGYTJB01MWASA6ZWC4ECM7","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"172"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":false,"once":false,"note":""},"state":"done","arming":1,"seq":16,"waiting_for":"","reason":"cancelled","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985205835833907,"ts_changed_ns":1795985207930727729}',886133014);
INSERT INTO "triggers" VALUES('trg_01M8MGYTZ42J7RCVNXBZ6TVP98','backpack','SOL_USDC_PERP','long','done','cli:root','174',1,1795985207504163186,'{"definition":{"id":"trg_01M8MGYTZ42J7RCVNXBZ6TVP98","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"174"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":false,"once":false,"note":""},"state":"done","arming":1,"seq":17,"waiting_for":"","reason":"cancelled","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985206244081848,"ts_changed_ns":1795985207504163186}',1474828588);
INSERT INTO "triggers" VALUES('sol-core/mine','backpack','SOL_USDC_PERP','long','armed','cli:root','173',1,1795985206702240931,'{"definition":{"id":"sol-core/mine","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"173"},"action":{"type":"close","quantity":{"kind":"share","value":"100"},"order":"market","slippage_limit":null,"is_hard":false},"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":18,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","ts_armed_ns":1795985206702240931,"ts_changed_ns":1795985206702240931}',2261413779);
CREATE INDEX fires_open ON fires (open) WHERE open = 1;
CREATE INDEX fires_ts_hit_ns ON fires (ts_hit_ns);
CREATE INDEX idempotency_ts_ns ON idempotency (ts_ns);
CREATE INDEX fills_fire_id ON fills (fire_id);
CREATE INDEX facts_ts_ns ON facts (ts_ns);
CREATE INDEX facts_kind ON facts (kind);
CREATE INDEX facts_trigger_id ON facts (trigger_id) WHERE trigger_id <> '';
CREATE INDEX facts_fire_id_ts_ns ON facts (fire_id, ts_ns);
DELETE FROM "sqlite_sequence";
COMMIT;
