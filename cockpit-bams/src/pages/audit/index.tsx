import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function AuditPage(_props: PageProps) {
    return <NotYet />;
}
