import { useState } from "react";

import { type BaculaStatus, restart } from "../../api/bacula";
import { PlanDialog } from "../../components/PlanDialog";
import { _ } from "../../text";
import { type Regard, RunningJobs, regardOptions } from "./RunningJobs";

export function Restart({ status, onClose }: { status: BaculaStatus; onClose: () => void }) {
    const [regard, setRegard] = useState<Regard>("refuse");
    return (
        <PlanDialog
            title={_("Restart the storage daemon")}
            verb={_("Restart")}
            alwaysShowPlan
            change={(common) => restart({ ...common, ...regardOptions(regard) })}
            onClose={onClose}
        >
            <RunningJobs status={status} regard={regard} onChange={setRegard} />
        </PlanDialog>
    );
}
