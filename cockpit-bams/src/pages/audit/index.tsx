import { MayRead } from "../../components/MayRead";
import { _ } from "../../text";
import type { PageProps } from "..";
import { AuditCard } from "./AuditCard";

export default function AuditPage({ options }: PageProps) {
    return (
        <MayRead action="org.bams.logs.read" title={_("You may not read the audit record")}>
            <AuditCard options={options} />
        </MayRead>
    );
}
