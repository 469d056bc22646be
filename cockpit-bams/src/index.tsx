import "@patternfly/react-core/dist/styles/base.css";
import { createRoot } from "react-dom/client";

import { connect } from "./api/bus";
import { followPermissions } from "./api/permissions";
import { onSuperuser, watchSuperuser } from "./api/superuser";
import { App } from "./app";
import "./index.css";
import { followJobs } from "./jobs";
import { followAlerts } from "./status";
import { _ } from "./text";
import { followTheme } from "./theme";

followTheme();
document.title = _("Backup appliance");
followJobs();
followAlerts();
followPermissions();
onSuperuser(connect);
void watchSuperuser();
connect();

const place = document.getElementById("app");
if (place) createRoot(place).render(<App />);
