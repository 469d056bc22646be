import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function StoragePage(_props: PageProps) {
    return <NotYet />;
}
