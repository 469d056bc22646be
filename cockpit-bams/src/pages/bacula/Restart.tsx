import { useState } from "react";

import { restart } from "../../api/bacula";
import { PlanDialog } from "../../components/PlanDialog";
import { _ } from "../../text";
import { type Regard, RunningJobs, regardOptions } from "./RunningJobs";

export function Restart({ onClose }: { onClose: () => void }) {
    const [regard, setRegard] = useState<Regard>("refuse");
    return (
        <PlanDialog
            title={_("Restart the storage daemon")}
            verb={_("Restart")}
            alwaysShowPlan
            change={(common) => restart({ ...common, ...regardOptions(regard) })}
            onClose={onClose}
        >
            <RunningJobs regard={regard} onChange={setRegard} />
        </PlanDialog>
    );
}
