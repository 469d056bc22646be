import { Banner } from "@patternfly/react-core";

import { useFeature } from "../api/hooks";
import { _ } from "../text";

/** On every page of a host whose devices are not real, so that nobody takes it for an appliance. */
export function Simulated() {
    if (!useFeature("simulated")) return null;
    return (
        <Banner color="yellow" className="bams-simulated" screenReaderText={_("Warning")}>
            <strong>{_("These devices are simulated.")}</strong>{" "}
            {_("Nothing here is real, and no change touches a disk or a tape.")}
        </Banner>
    );
}
