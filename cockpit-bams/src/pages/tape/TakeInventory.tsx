import { type TapeLibrary, inventory } from "../../api/tape";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { useRobot } from "./useRobot";

export function TakeInventory({ library, onClose }: { library: TapeLibrary; onClose: () => void }) {
    const robot = useRobot(library);
    return (
        <PlanDialog
            title={fill(_("Inventory of {library}"), { library: library.Name })}
            verb={_("Take inventory")}
            isReady={robot.isReady}
            change={(common) => inventory(library.Serial, { ...common, ...robot.options })}
            onClose={onClose}
        >
            <p>
                {_("The library looks at each slot and reads each barcode. This can take half an hour, and its robot " +
                    "moves nothing else meanwhile: jobs that need another tape wait.")}
            </p>
            {robot.fields}
        </PlanDialog>
    );
}
