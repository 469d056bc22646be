import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function TapePage(_props: PageProps) {
    return <NotYet />;
}
