import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function LogsPage(_props: PageProps) {
    return <NotYet />;
}
