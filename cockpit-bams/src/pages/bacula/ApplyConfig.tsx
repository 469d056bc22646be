import { useState } from "react";

import { applyConfig } from "../../api/bacula";
import type { Options } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _ } from "../../text";
import { type Regard, RunningJobs, regardOptions } from "./RunningJobs";

interface Props {
    /** What is configured: that which was shown. */
    options: Options;
    onClose: () => void;
}

export function ApplyConfig({ options, onClose }: Props) {
    const [regard, setRegard] = useState<Regard>("refuse");
    return (
        <PlanDialog
            title={_("Apply the configuration")}
            verb={_("Apply")}
            alwaysShowPlan
            loss={
                <p className="bams-space-below">
                    {_("If the storage daemon does not come back with it, the version before is put into force again.")}
                </p>
            }
            change={(common) => applyConfig({ ...options, ...common, ...regardOptions(regard) })}
            onClose={onClose}
        >
            <RunningJobs regard={regard} onChange={setRegard} />
        </PlanDialog>
    );
}
