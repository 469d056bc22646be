import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function OverviewPage(_props: PageProps) {
    return <NotYet />;
}
