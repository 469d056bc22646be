import { Progress, ProgressMeasureLocation } from "@patternfly/react-core";

import type { Job } from "../../api/jobs";
import { Spinner } from "../../components/spoken";
import { _, fill } from "../../text";

/** What a job does now, on the element that it is about. */
export function JobProgress({ job }: { job: Job }) {
    return job.ProgressValid ? (
        <Progress
            className="bams-space-below"
            value={Math.round(job.Progress * 100)}
            size="sm"
            title={job.Description}
            measureLocation={ProgressMeasureLocation.outside}
        />
    ) : (
        <p className="bams-space-below">
            <Spinner isInline aria-label={fill(_("Running: {job}"), { job: job.Description })} /> {job.Description}
        </p>
    );
}
