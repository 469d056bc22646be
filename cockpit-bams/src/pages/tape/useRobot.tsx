import { Checkbox } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

import { useObject } from "../../api/hooks";
import { DRIVE, LIBRARY, type TapeDrive, type TapeLibrary } from "../../api/tape";
import { type Options, b } from "../../api/wire";
import { Alert } from "../../components/spoken";
import { _, fill } from "../../text";

interface Robot {
    /** What stands in the way and what to do about it; a part of the dialog's form. */
    fields: ReactNode;
    options: Options;
    isReady: boolean;
}

/**
 * What every move may need: to wait for the robot, and to take the drive from the program that holds it. Both are
 * looked at as they are now: a refusal is often the news that a program holds the drive.
 */
export function useRobot(library: TapeLibrary, given?: TapeDrive): Robot {
    const [release, setRelease] = useState(false);
    const [queue, setQueue] = useState(false);
    const isBusy = useObject<TapeLibrary>(library.path, LIBRARY)?.State === "busy";
    const drive = useObject<TapeDrive>(given?.path ?? "", DRIVE) ?? given;
    const holder = drive?.HeldBy ?? "";
    const fields = (
        <>
            {holder !== "" && (
                <Alert
                    isInline
                    component="h2"
                    variant="warning"
                    title={_("A program holds the drive")}
                >
                    <p className="bams-wrap">{holder}</p>
                    <p>
                        {_("Bacula can be asked to give it back. It refuses while a job uses the drive. A job that " +
                            "waits for this tape asks for it again afterwards.")}
                    </p>
                    <Checkbox
                        id="robot-release"
                        className="bams-space-above"
                        label={_("Let Bacula give the drive back first")}
                        isChecked={release}
                        onChange={(_event, checked) => setRelease(checked)}
                    />
                </Alert>
            )}
            {(isBusy || queue) && (
                <Checkbox
                    id="robot-queue"
                    label={fill(_("Wait until the robot of {library} is free"), { library: library.Name })}
                    description={_("It moves something else now.")}
                    isChecked={queue}
                    onChange={(_event, checked) => setQueue(checked)}
                />
            )}
        </>
    );
    return {
        fields,
        options: {
            ...(holder !== "" && release ? { release: b(true) } : {}),
            ...(queue ? { queue: b(true) } : {}),
        },
        isReady: (holder === "" || release) && (!isBusy || queue),
    };
}
