// What Grafana says a dashboard is, in the types that it publishes.
import type { Dashboard } from "@grafana/schema/dist/types/raw/dashboard/x/types.gen";

export type Shipped = Dashboard;
