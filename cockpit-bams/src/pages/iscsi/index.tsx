import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function IscsiPage(_props: PageProps) {
    return <NotYet />;
}
