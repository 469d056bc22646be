import { FormGroup, Radio } from "@patternfly/react-core";
import { useState } from "react";

import { type BaculaDevice, mount } from "../../api/bacula";
import { useObjects } from "../../api/hooks";
import { LIBRARY, type TapeLibrary } from "../../api/tape";
import { type Options, u } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SlotChooser, useCartridges } from "./SlotChooser";
import { libraryOf, storageOf } from "./words";

interface Props {
    device: BaculaDevice;
    onClose: () => void;
}

/** What is in the drive, or a cartridge of its library. */
export function MountVolume({ device, onClose }: Props) {
    const storage = storageOf(device);
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    // As it was when the dialog opened: while the daemon starts again it is not there for a moment.
    const [library] = useState(() => libraryOf(storage, libraries));
    const drive = device.drive ?? 0;
    const title = fill(_("Mount a volume in {name}"), { name: device.name });
    if (library) return <MountFromLibrary {...{ device, storage, drive, title, onClose }} library={library.Name} />;
    return (
        <PlanDialog
            title={title}
            verb={_("Mount")}
            change={(common) => mount(storage, drive, common)}
            onClose={onClose}
        />
    );
}

function MountFromLibrary({ device, library, storage, drive, title, onClose }: Props & {
    library: string;
    storage: string;
    drive: number;
    title: string;
}) {
    const cartridges = useCartridges(library);
    const [fromSlot, setFromSlot] = useState(!device.volume);
    const [chosen, setChosen] = useState<number[]>([]);
    const [slot] = chosen;
    const options = (common: Options): Options =>
        fromSlot && slot !== undefined ? { ...common, slot: u(slot) } : common;
    return (
        <PlanDialog
            title={title}
            verb={_("Mount")}
            isReady={!fromSlot || slot !== undefined}
            change={(common) => mount(storage, drive, options(common))}
            onClose={onClose}
        >
            <FormGroup role="radiogroup" label={_("What to mount")} fieldId="mount-what" isStack>
                <Radio
                    id="mount-drive"
                    name="mount-what"
                    label={_("What is in the drive")}
                    isChecked={!fromSlot}
                    onChange={() => setFromSlot(false)}
                />
                <Radio
                    id="mount-slot"
                    name="mount-what"
                    label={_("A cartridge from a slot")}
                    isChecked={fromSlot}
                    onChange={() => setFromSlot(true)}
                />
            </FormGroup>
            {fromSlot && (
                <FormGroup role="group" label={_("Cartridge")} fieldId="mount-cartridge">
                    <SlotChooser
                        library={library}
                        cartridges={cartridges}
                        chosen={chosen}
                        onChoose={setChosen}
                        single
                    />
                </FormGroup>
            )}
        </PlanDialog>
    );
}
