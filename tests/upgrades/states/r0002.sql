BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('r0002');
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
INSERT INTO "attempts" VALUES('btc-swing/tp1',1,1,'backpack','BTC_USDC_PERP',1375731713,'59669287001','filled',1795985211879026069,'{"order":{"attempt":{"trigger_id":"btc-swing/tp1","arming":1,"n":1},"account":"backpack","symbol":"BTC_USDC_PERP","side":"buy","quantity":"0.2","order":"market","price":null,"time_in_force":"ioc","client_order_id":1375731713,"window_ns":null},"key":{"account":"backpack","symbol":"BTC_USDC_PERP","side":"short"},"lifetime":1,"state":"filled","signed":"","ts_signed_venue_ns":1795985211866000000,"expires_venue_ns":1795985213867272095,"venue_order_id":"59669287001","filled":"0.2","filled_quote":"19581.94","ts_filled_venue_ns":1795985211878000000,"refusal":"","ts_sent_ns":1795985211876630062,"ts_changed_ns":1795985211879026069,"position_before":"0.5","is_flagged":false}',X'7B226D6574686F64223A22504F5354222C2270617468223A222F6170692F76312F6F72646572222C2268656164657273223A7B22582D4150492D4B6579223A224D456659484D46616D75647A68674A7449414449774737305176504A343053347A7577594A4F764D4C35453D222C22582D5369676E6174757265223A2242787A714454516C676B4170374D3155735538426A7043442B6F336230687562317944582B5671713853326E48657077354542456847433769626C32634570506A3576324C703474395A4B2B367568332F2F6E5243673D3D222C22582D54696D657374616D70223A2231373935393835323131383636222C22582D57696E646F77223A2232303030222C22436F6E74656E742D54797065223A226170706C69636174696F6E2F6A736F6E3B20636861727365743D7574662D38227D2C22626F6479223A227B5C22636C69656E7449645C223A313337353733313731332C5C226F72646572547970655C223A5C224D61726B65745C222C5C227175616E746974795C223A5C22302E325C222C5C227265647563654F6E6C795C223A747275652C5C22736964655C223A5C224269645C222C5C2273796D626F6C5C223A5C224254435F555344435F504552505C227D227D',186255423);
INSERT INTO "attempts" VALUES('eth-core/sl',1,1,'backpack','ETH_USDC_PERP',1375731714,'','sent',1795985216383274454,'{"order":{"attempt":{"trigger_id":"eth-core/sl","arming":1,"n":1},"account":"backpack","symbol":"ETH_USDC_PERP","side":"sell","quantity":"2","order":"market","price":null,"time_in_force":"ioc","client_order_id":1375731714,"window_ns":null},"key":{"account":"backpack","symbol":"ETH_USDC_PERP","side":"long"},"lifetime":1,"state":"sent","signed":"","ts_signed_venue_ns":1795985216382000000,"expires_venue_ns":1795985218383272095,"venue_order_id":"","filled":"0","filled_quote":"0","ts_filled_venue_ns":0,"refusal":"","ts_sent_ns":1795985216383274454,"ts_changed_ns":1795985216383274454,"position_before":"2","is_flagged":false}',X'7B226D6574686F64223A22504F5354222C2270617468223A222F6170692F76312F6F72646572222C2268656164657273223A7B22582D4150492D4B6579223A224D456659484D46616D75647A68674A7449414449774737305176504A343053347A7577594A4F764D4C35453D222C22582D5369676E6174757265223A22572B3230304C31367A6C6377674D466134794749376D466D72583575743249375441754259396E5A76624A6C6C31513064357335577476675A786459366E50634632376A44756E51715943334B424542664F343441413D3D222C22582D54696D657374616D70223A2231373935393835323136333832222C22582D57696E646F77223A2232303030222C22436F6E74656E742D54797065223A226170706C69636174696F6E2F6A736F6E3B20636861727365743D7574662D38227D2C22626F6479223A227B5C22636C69656E7449645C223A313337353733313731342C5C226F72646572547970655C223A5C224D61726B65745C222C5C227175616E746974795C223A5C22325C222C5C227265647563654F6E6C795C223A747275652C5C22736964655C223A5C2241736B5C222C5C2273796D626F6C5C223A5C224554485F555344435F504552505C227D227D',114735809);
CREATE TABLE counters (
        account TEXT NOT NULL PRIMARY KEY,
        tag INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "counters" VALUES('backpack',82,2,'{"account":"backpack","tag":82,"counter":2}',3632206723);
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
INSERT INTO "facts" VALUES(1,1795985211836102321,'position.opened','backpack','SOL_USDC_PERP','','','{"side":"long","quantity":"10","entry_price":"140","lifetime":1}','["quantity","entry_price"]',728337813);
INSERT INTO "facts" VALUES(2,1795985211836102321,'position.opened','backpack','BTC_USDC_PERP','','','{"side":"short","quantity":"0.5","entry_price":"100000","lifetime":1}','["quantity","entry_price"]',2481457120);
INSERT INTO "facts" VALUES(3,1795985211836102321,'position.opened','backpack','ETH_USDC_PERP','','','{"side":"long","quantity":"2","entry_price":"4000","lifetime":1}','["quantity","entry_price"]',2854874176);
INSERT INTO "facts" VALUES(4,1795985211854432043,'trigger.waiting','backpack','SOL_USDC_PERP','sol-later/sl','','{"level":"152","waiting_for":"position","is_stop":true,"alert":false}','["level"]',1104126370);
INSERT INTO "facts" VALUES(5,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/sl','','{"level":"131.25","arming":1,"lifetime":1}','["level"]',1129619354);
INSERT INTO "facts" VALUES(6,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp1','','{"level":"150","arming":1,"lifetime":1}','["level"]',2988978822);
INSERT INTO "facts" VALUES(7,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp3','','{"level":"175","arming":1,"lifetime":1}','["level"]',2273594777);
INSERT INTO "facts" VALUES(8,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/wall','','{"level":"125","arming":1,"lifetime":1}','["level"]',4200034582);
INSERT INTO "facts" VALUES(9,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-bids/pull','','{"level":"120","arming":1,"lifetime":0}','["level"]',1485816017);
INSERT INTO "facts" VALUES(10,1795985211856357449,'trigger.armed','backpack','SOL_USDC_PERP','sol-bids/note','','{"level":"155","arming":1,"lifetime":0}','["level"]',2164184343);
INSERT INTO "facts" VALUES(11,1795985211856640821,'trigger.armed','backpack','ETH_USDC_PERP','eth-core/sl','','{"level":"3900","arming":1,"lifetime":1}','["level"]',3557306651);
INSERT INTO "facts" VALUES(12,1795985211856640821,'trigger.armed','backpack','ETH_USDC_PERP','eth-core/tp','','{"level":"4600","arming":1,"lifetime":1}','["level"]',2233828663);
INSERT INTO "facts" VALUES(13,1795985211856711285,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/candles','','{"level":"120","arming":1,"lifetime":1}','["level"]',1161368741);
INSERT INTO "facts" VALUES(14,1795985211856745947,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/sl','','{"level":"104000","arming":1,"lifetime":1}','["level"]',3166696322);
INSERT INTO "facts" VALUES(15,1795985211856745947,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/tp1','','{"level":"98000","arming":1,"lifetime":1}','["level"]',1877569682);
INSERT INTO "facts" VALUES(16,1795985211856745947,'trigger.armed','backpack','BTC_USDC_PERP','btc-swing/tp2','','{"level":"88000","arming":1,"lifetime":1}','["level"]',2029121542);
INSERT INTO "facts" VALUES(17,1795985211856828961,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/tp2','','{"level":"160","arming":1,"lifetime":1}','["level"]',2053208919);
INSERT INTO "facts" VALUES(18,1795985211865810379,'trigger.hit','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"level":"98000","observed":"97900","source":"backpack/BTC_USDC_PERP/mark","cause":"price","ts_venue_ns":1795985211865320000,"ts_recv_ns":1795985211865810379}','["level","observed"]',1631925806);
INSERT INTO "facts" VALUES(19,1795985211866155853,'order.signed','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":1375731713,"side":"buy","quantity":"0.2","order":"market","price":null,"position":"0.5","position_unproven":false}','["quantity","position"]',1756500720);
INSERT INTO "facts" VALUES(20,1795985211876630062,'order.sent','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":1375731713,"hit_to_sent_us":10819,"signed_to_durable_us":10474}','[]',2301109306);
INSERT INTO "facts" VALUES(21,1795985211879026069,'order.filled','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"attempt":1,"client_order_id":1375731713,"venue_order_id":"59669287001","quantity":"0.2","filled":"0.2","average_price":"97909.7","reason":"","ts_venue_ns":1795985211878000000}','["quantity","filled","average_price"]',3131619084);
INSERT INTO "facts" VALUES(22,1795985211879495217,'position.changed','backpack','BTC_USDC_PERP','','','{"side":"short","before":"0.5","quantity":"0.3","entry_price":"100000"}','["before","quantity","entry_price"]',3644765792);
INSERT INTO "facts" VALUES(23,1795985211879495217,'trigger.done','backpack','BTC_USDC_PERP','btc-swing/tp1','btc-swing/tp1#1','{"reason":"filled","level":"98000","observed":"97900","target":"0.2","filled":"0.2","average_price":"97909.7","slippage":"-90.3","fee":"9.79097","fee_asset":"USDC","pnl":"408.26903","attempts":1}','["level","observed","target","filled","average_price","slippage","fee","pnl"]',2327920464);
INSERT INTO "facts" VALUES(24,1795985212270772864,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGZ0VEEPKNH5VMSX3CFTHH','','{"level":"122","arming":1,"lifetime":1}','["level"]',132255964);
INSERT INTO "facts" VALUES(25,1795985212671976244,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGZ17Z22SB1NTTY2S7VDGR','','{"level":"171","arming":1,"lifetime":1}','["level"]',3772928653);
INSERT INTO "facts" VALUES(26,1795985213072676957,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGZ1MG1EM0HVPCNTV15649','','{"level":"172","arming":1,"lifetime":1}','["level"]',4240211802);
INSERT INTO "facts" VALUES(27,1795985213470143074,'trigger.armed','backpack','SOL_USDC_PERP','trg_01M8MGZ20Y0DKR6JDF1HD5FV2S','','{"level":"174","arming":1,"lifetime":1}','["level"]',2714745607);
INSERT INTO "facts" VALUES(28,1795985213930883339,'trigger.armed','backpack','SOL_USDC_PERP','sol-core/mine','','{"level":"173","arming":1,"lifetime":1}','["level"]',4032237281);
INSERT INTO "facts" VALUES(29,1795985214392330557,'trigger.paused','backpack','SOL_USDC_PERP','trg_01M8MGZ17Z22SB1NTTY2S7VDGR','','{"by":"cli:root"}','[]',3222199467);
INSERT INTO "facts" VALUES(30,1795985214757008823,'trigger.cancelled','backpack','SOL_USDC_PERP','trg_01M8MGZ20Y0DKR6JDF1HD5FV2S','','{"reason":"cancelled","by":"cli:root","why":""}','[]',2443839861);
INSERT INTO "facts" VALUES(31,1795985215141730762,'trigger.cancelled','backpack','SOL_USDC_PERP','trg_01M8MGZ1MG1EM0HVPCNTV15649','','{"reason":"cancelled","by":"cli:root","why":""}','[]',1232854944);
INSERT INTO "facts" VALUES(32,1795985215501440854,'trigger.paused','backpack','SOL_USDC_PERP','sol-core/tp3','','{"by":"cli:root"}','[]',1726562564);
INSERT INTO "facts" VALUES(33,1795985216381764927,'trigger.hit','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"level":"3900","observed":"3895","source":"backpack/ETH_USDC_PERP/mark","cause":"price","ts_venue_ns":1795985216381604000,"ts_recv_ns":1795985216381764927}','["level","observed"]',3229576421);
INSERT INTO "facts" VALUES(34,1795985216382145864,'order.signed','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"attempt":1,"client_order_id":1375731714,"side":"sell","quantity":"2","order":"market","price":null,"position":"2","position_unproven":false}','["quantity","position"]',3376074495);
INSERT INTO "facts" VALUES(35,1795985216383274454,'order.sent','backpack','ETH_USDC_PERP','eth-core/sl','eth-core/sl#1','{"attempt":1,"client_order_id":1375731714,"hit_to_sent_us":1509,"signed_to_durable_us":1128}','[]',3188436430);
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
INSERT INTO "fills" VALUES('backpack','BTC_USDC_PERP','7558004','btc-swing/tp1#1','59669287001',1375731713,'buy','0.2','97909.7','9.79097','USDC',1795985211878251000,'{"account":"backpack","symbol":"BTC_USDC_PERP","trade_id":"7558004","venue_order_id":"59669287001","client_order_id":1375731713,"fire_id":"btc-swing/tp1#1","side":"buy","quantity":"0.2","price":"97909.7","fee":"9.79097","fee_asset":"USDC","is_maker":false,"ts_venue_ns":1795985211878251000}',2413715781);
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
INSERT INTO "fires" VALUES('btc-swing/tp1',1,'backpack','BTC_USDC_PERP','short',0,'filled',1795985211865810379,1795985211879495217,'{"trigger_id":"btc-swing/tp1","arming":1,"account":"backpack","symbol":"BTC_USDC_PERP","side":"short","lifetime":1,"level":"98000","observed":"97900","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"ts_venue_ns":1795985211865320000,"ts_recv_ns":1795985211865810379,"ts_hit_ns":1795985211865810379,"cause":"price","target":"0.2","attempts":1,"filled":"0.2","filled_quote":"19581.94","fees":[{"asset":"USDC","amount":"9.79097"}],"entry_price":"100000","position_id":"5479295502","quote":"USDC","stage":0,"cancelled_orders":0,"is_cancel_confirmed":false,"refusals":0,"held_by":"","due_ns":1795985211865810379,"confirm_ns":0,"open":false,"reason":"filled","ts_done_ns":1795985211879495217}',2085958647);
INSERT INTO "fires" VALUES('eth-core/sl',1,'backpack','ETH_USDC_PERP','long',1,'',1795985216381764927,0,'{"trigger_id":"eth-core/sl","arming":1,"account":"backpack","symbol":"ETH_USDC_PERP","side":"long","lifetime":1,"level":"3900","observed":"3895","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"ts_venue_ns":1795985216381604000,"ts_recv_ns":1795985216381764927,"ts_hit_ns":1795985216381764927,"cause":"price","target":null,"attempts":1,"filled":"0","filled_quote":"0","fees":[],"entry_price":"4000","position_id":"5479295503","quote":"USDC","stage":0,"cancelled_orders":0,"is_cancel_confirmed":false,"refusals":0,"held_by":"","due_ns":1795985216381764927,"confirm_ns":0,"open":true,"reason":"","ts_done_ns":0}',311722419);
CREATE TABLE funding (
        account TEXT NOT NULL,
        symbol TEXT NOT NULL,
        ts_venue_ns INTEGER NOT NULL,
        amount TEXT NOT NULL,
        asset TEXT NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (account, symbol, ts_venue_ns)
    ) STRICT
    ;
CREATE TABLE idempotency (
        key TEXT NOT NULL PRIMARY KEY,
        ts_ns INTEGER NOT NULL,
        body TEXT NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "idempotency" VALUES('cli:root/once',1795985213072676957,'{"key":"cli:root/once","digest":"97cd441a9b91fa708d847a33f25c5041dece56964a3846dc6524f94b131cdbb6","trigger_ids":["trg_01M8MGZ1MG1EM0HVPCNTV15649"],"ts_ns":1795985213072676957}',150132241);
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
INSERT INTO "meta" VALUES('deployment','74d56dc6f3a7576d',3506815244);
INSERT INTO "meta" VALUES('stop','running',1847732488);
INSERT INTO "meta" VALUES('tag:backpack','82',870640859);
CREATE TABLE notes (
        key TEXT NOT NULL PRIMARY KEY,
        body BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "notes" VALUES('books:backpack',X'7B2266696C6C735F6E73223A313739353938353231313835323236313734352C2266756E64696E675F6E73223A313739353938353231313835333339313530367D',1004587338);
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
INSERT INTO "positions" VALUES('backpack','SOL_USDC_PERP','long','10',1,'{"key":{"account":"backpack","symbol":"SOL_USDC_PERP","side":"long"},"quantity":"10","entry_price":"140","position_id":"5479295501","ts_venue_ns":1795985211833518376,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985211836102321,"filled_in_lifetime":"0","unexplained":"0","initial":"0","first_entry_price":null,"liquidation_price":null,"proven":true}',2838812643);
INSERT INTO "positions" VALUES('backpack','BTC_USDC_PERP','short','0.3',1,'{"key":{"account":"backpack","symbol":"BTC_USDC_PERP","side":"short"},"quantity":"0.3","entry_price":"100000","position_id":"5479295502","ts_venue_ns":1795985211878251000,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985211836102321,"filled_in_lifetime":"0.2","unexplained":"0.0","initial":"0","first_entry_price":null,"liquidation_price":null,"proven":true}',1909025542);
INSERT INTO "positions" VALUES('backpack','ETH_USDC_PERP','long','2',1,'{"key":{"account":"backpack","symbol":"ETH_USDC_PERP","side":"long"},"quantity":"2","entry_price":"4000","position_id":"5479295503","ts_venue_ns":1795985211833518376,"unreflected":[],"lifetime":1,"ts_opened_ns":1795985211836102321,"filled_in_lifetime":"0","unexplained":"0","initial":"0","first_entry_price":null,"liquidation_price":null,"proven":true}',2388974385);
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
INSERT INTO "tokens" VALUES('dashboard','{"name":"dashboard","digest":"178cce5fc39df386e25cd17ad131a9f43b7a040c59886693e5486be521f73777","scopes":["read"],"ts_created_ns":1795985215894578950,"expires_ns":null}',3374288238);
INSERT INTO "tokens" VALUES('bot','{"name":"bot","digest":"c19db559bafa922fa187c5cc8f6da3dfb39d744a637aa46059d417b9b7a2d42a","scopes":["trade"],"ts_created_ns":1795985216292027071,"expires_ns":2111345216292013792}',995365195);
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
INSERT INTO "triggers" VALUES('sol-core/sl','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:7','131.25',1,1795985211856357449,'{"definition":{"id":"sol-core/sl","owner":"file:conf.d/sol.yaml:7","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"131.25"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":1,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985211856357449}',813359924);
INSERT INTO "triggers" VALUES('sol-core/tp1','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:8','150',1,1795985211856357449,'{"definition":{"id":"sol-core/tp1","owner":"file:conf.d/sol.yaml:8","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"150"},"action":{"type":"close","quantity":{"kind":"share","value":"50","currency":""},"order":"limit","slippage_limit":"0.5","is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":2,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985211856357449}',617179699);
INSERT INTO "triggers" VALUES('sol-core/tp2','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:9','160',1,1795985211856828961,'{"definition":{"id":"sol-core/tp2","owner":"file:conf.d/sol.yaml:9","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"last","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"160"},"action":{"type":"close","quantity":{"kind":"share","value":"25","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":13,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856828961,"ts_changed_ns":1795985211856828961}',1164036210);
INSERT INTO "triggers" VALUES('sol-core/tp3','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:10','175',1,1795985215501440854,'{"definition":{"id":"sol-core/tp3","owner":"file:conf.d/sol.yaml:10","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"175"},"action":{"type":"close","quantity":{"kind":"rest","value":"0","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":3,"waiting_for":"","reason":"","paused":true,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985215501440854}',2143968489);
INSERT INTO "triggers" VALUES('sol-core/wall','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:11','125',1,1795985211856357449,'{"definition":{"id":"sol-core/wall","owner":"file:conf.d/sol.yaml:11","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"125"},"action":{"type":"cancel_and_close","cancel":{"type":"cancel","scope":"all","client_order_id":""},"close":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null}},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":4,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985211856357449}',3060552010);
INSERT INTO "triggers" VALUES('sol-core/candles','backpack','SOL_USDC_PERP','long','armed','file:conf.d/sol.yaml:12','120',1,1795985211856711285,'{"definition":{"id":"sol-core/candles","owner":"file:conf.d/sol.yaml:12","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"last_close","candle":"15m","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"120"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":9,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856711285,"ts_changed_ns":1795985211856711285}',1614338709);
INSERT INTO "triggers" VALUES('sol-bids/pull','backpack','SOL_USDC_PERP','','armed','file:conf.d/sol.yaml:17','120',1,1795985211856357449,'{"definition":{"id":"sol-bids/pull","owner":"file:conf.d/sol.yaml:17","account":"backpack","symbol":"SOL_USDC_PERP","side":null,"source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"below","price":"120"},"action":{"type":"cancel","scope":"limit","client_order_id":""},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":5,"waiting_for":"","reason":"","paused":false,"lifetime":0,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985211856357449}',3571711552);
INSERT INTO "triggers" VALUES('sol-bids/note','backpack','SOL_USDC_PERP','','armed','file:conf.d/sol.yaml:18','155',1,1795985211856357449,'{"definition":{"id":"sol-bids/note","owner":"file:conf.d/sol.yaml:18","account":"backpack","symbol":"SOL_USDC_PERP","side":null,"source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"above","price":"155"},"action":{"type":"notify"},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":2111345211853830778,"template":false,"once":false,"note":"expires 3650d after it was first loaded"},"state":"armed","arming":1,"seq":6,"waiting_for":"","reason":"","paused":false,"lifetime":0,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856357449,"ts_changed_ns":1795985211856357449}',4259928087);
INSERT INTO "triggers" VALUES('sol-later/sl','backpack','SOL_USDC_PERP','short','waiting','file:conf.d/sol.yaml:24','152',0,1795985211854432043,'{"definition":{"id":"sol-later/sl","owner":"file:conf.d/sol.yaml:24","account":"backpack","symbol":"SOL_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"152"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"waiting","arming":0,"seq":0,"waiting_for":"position","reason":"","paused":false,"lifetime":0,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":0,"ts_changed_ns":1795985211854432043}',3935169560);
INSERT INTO "triggers" VALUES('btc-swing/sl','backpack','BTC_USDC_PERP','short','armed','file:conf.d/sol.yaml:30','104000',1,1795985211856745947,'{"definition":{"id":"btc-swing/sl","owner":"file:conf.d/sol.yaml:30","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"104000"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":10,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856745947,"ts_changed_ns":1795985211856745947}',599894820);
INSERT INTO "triggers" VALUES('btc-swing/tp1','backpack','BTC_USDC_PERP','short','done','file:conf.d/sol.yaml:31','98000',1,1795985211879495217,'{"definition":{"id":"btc-swing/tp1","owner":"file:conf.d/sol.yaml:31","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"98000"},"action":{"type":"close","quantity":{"kind":"share","value":"40","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"done","arming":1,"seq":11,"waiting_for":"","reason":"filled","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856745947,"ts_changed_ns":1795985211879495217}',2209481737);
INSERT INTO "triggers" VALUES('btc-swing/tp2','backpack','BTC_USDC_PERP','short','armed','file:conf.d/sol.yaml:32','88000',1,1795985211856745947,'{"definition":{"id":"btc-swing/tp2","owner":"file:conf.d/sol.yaml:32","account":"backpack","symbol":"BTC_USDC_PERP","side":"short","source":{"feed":"backpack","symbol":"BTC_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"88000"},"action":{"type":"close","quantity":{"kind":"rest","value":"0","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":12,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856745947,"ts_changed_ns":1795985211856745947}',1842077635);
INSERT INTO "triggers" VALUES('eth-core/sl','backpack','ETH_USDC_PERP','long','firing','file:conf.d/sol.yaml:38','3900',1,1795985216381764927,'{"definition":{"id":"eth-core/sl","owner":"file:conf.d/sol.yaml:38","account":"backpack","symbol":"ETH_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"3900"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"firing","arming":1,"seq":7,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856640821,"ts_changed_ns":1795985216381764927}',1926137032);
INSERT INTO "triggers" VALUES('eth-core/tp','backpack','ETH_USDC_PERP','long','armed','file:conf.d/sol.yaml:39','4600',1,1795985211856640821,'{"definition":{"id":"eth-core/tp","owner":"file:conf.d/sol.yaml:39","account":"backpack","symbol":"ETH_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"ETH_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"4600"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":true,"once":false,"note":""},"state":"armed","arming":1,"seq":8,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985211856640821,"ts_changed_ns":1795985211856640821}',816000205);
INSERT INTO "triggers" VALUES('trg_01M8MGZ0VEEPKNH5VMSX3CFTHH','backpack','SOL_USDC_PERP','long','armed','cli:root','122',1,1795985212270772864,'{"definition":{"id":"trg_01M8MGZ0VEEPKNH5VMSX3CFTHH","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"stop_loss","price":"122"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":"by hand"},"state":"armed","arming":1,"seq":14,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985212270772864,"ts_changed_ns":1795985212270772864}',597558483);
INSERT INTO "triggers" VALUES('trg_01M8MGZ17Z22SB1NTTY2S7VDGR','backpack','SOL_USDC_PERP','long','armed','cli:root','171',1,1795985214392330557,'{"definition":{"id":"trg_01M8MGZ17Z22SB1NTTY2S7VDGR","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"171"},"action":{"type":"close","quantity":{"kind":"share","value":"10","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":15,"waiting_for":"","reason":"","paused":true,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985212671976244,"ts_changed_ns":1795985214392330557}',615217902);
INSERT INTO "triggers" VALUES('trg_01M8MGZ1MG1EM0HVPCNTV15649','backpack','SOL_USDC_PERP','long','done','cli:root','172',1,1795985215141730762,'{"definition":{"id":"trg_01M8MGZ1MG1EM0HVPCNTV15649","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"172"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":""},"state":"done","arming":1,"seq":16,"waiting_for":"","reason":"cancelled","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985213072676957,"ts_changed_ns":1795985215141730762}',3013907057);
INSERT INTO "triggers" VALUES('trg_01M8MGZ20Y0DKR6JDF1HD5FV2S','backpack','SOL_USDC_PERP','long','done','cli:root','174',1,1795985214757008823,'{"definition":{"id":"trg_01M8MGZ20Y0DKR6JDF1HD5FV2S","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"174"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":""},"state":"done","arming":1,"seq":17,"waiting_for":"","reason":"cancelled","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985213470143074,"ts_changed_ns":1795985214757008823}',1499460601);
INSERT INTO "triggers" VALUES('sol-core/mine','backpack','SOL_USDC_PERP','long','armed','cli:root','173',1,1795985213930883339,'{"definition":{"id":"sol-core/mine","owner":"cli:root","account":"backpack","symbol":"SOL_USDC_PERP","side":"long","source":{"feed":"backpack","symbol":"SOL_USDC_PERP","kind":"mark","candle":"","closed":false},"condition":{"type":"level","kind":"take_profit","price":"173"},"action":{"type":"close","quantity":{"kind":"share","value":"100","currency":""},"order":"market","slippage_limit":null,"is_hard":false,"patience_ns":[0,0],"twap":null,"window_ns":null},"confirmation":null,"moves":[],"before_liquidation":null,"expires_ns":null,"template":false,"once":false,"note":""},"state":"armed","arming":1,"seq":18,"waiting_for":"","reason":"","paused":false,"lifetime":1,"filled":"0","level":null,"watermark":null,"trail_seq":0,"is_tightened":false,"confirm_ns":0,"ts_armed_ns":1795985213930883339,"ts_changed_ns":1795985213930883339}',1567597031);
CREATE INDEX fires_open ON fires (open) WHERE open = 1;
CREATE INDEX fires_ts_hit_ns ON fires (ts_hit_ns);
CREATE INDEX idempotency_ts_ns ON idempotency (ts_ns);
CREATE INDEX fills_fire_id ON fills (fire_id);
CREATE INDEX facts_ts_ns ON facts (ts_ns);
CREATE INDEX facts_kind ON facts (kind);
CREATE INDEX facts_trigger_id ON facts (trigger_id) WHERE trigger_id <> '';
CREATE INDEX facts_fire_id_ts_ns ON facts (fire_id, ts_ns);
CREATE INDEX funding_ts_venue_ns ON funding (ts_venue_ns);
CREATE INDEX fills_ts_venue_ns ON fills (ts_venue_ns);
CREATE INDEX fills_unclaimed ON fills (account, client_order_id)
    WHERE fire_id = ''
    ;
DELETE FROM "sqlite_sequence";
COMMIT;
