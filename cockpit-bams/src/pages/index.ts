// All pages, in the order of the tabs. Each is loaded when it is first opened.
import { type ComponentType, lazy } from "react";

import { N_ } from "../text";

export interface PageProps {
    /** What follows the page's own part of the address: #/storage/a/b gives ["a", "b"]. */
    rest: string[];
    options: Record<string, string>;
}

export interface Page {
    id: string;
    title: string;
    component: ComponentType<PageProps>;
}

export const PAGES: readonly Page[] = [
    { id: "overview", title: N_("Overview"), component: lazy(() => import("./overview")) },
    { id: "storage", title: N_("Storage"), component: lazy(() => import("./storage")) },
    { id: "tape", title: N_("Tape"), component: lazy(() => import("./tape")) },
    { id: "iscsi", title: N_("iSCSI"), component: lazy(() => import("./iscsi")) },
    { id: "bacula", title: N_("Bacula"), component: lazy(() => import("./bacula")) },
    { id: "logs", title: N_("Logs"), component: lazy(() => import("./logs")) },
    { id: "audit", title: N_("Audit"), component: lazy(() => import("./audit")) },
    { id: "settings", title: N_("Settings"), component: lazy(() => import("./settings")) },
];
