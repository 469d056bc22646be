import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function BaculaPage(_props: PageProps) {
    return <NotYet />;
}
