import { Breadcrumb, BreadcrumbItem, Flex, FlexItem, Title } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { Link } from "../routing";

interface Props {
    /** The way to here: titles and places. */
    trail: [title: string, place: string[]][];
    title: string;
    state?: ReactNode;
    actions?: ReactNode;
}

/** The head of a page about one object: where it is, its name, its state, what can be done. */
export function ObjectHead({ trail, title, state, actions }: Props) {
    return (
        <header>
            <Breadcrumb className="bams-space-below">
                {trail.map(([name, place]) => (
                    <BreadcrumbItem key={name} render={() => <Link to={place}>{name}</Link>} />
                ))}
                <BreadcrumbItem isActive>{title}</BreadcrumbItem>
            </Breadcrumb>
            <Flex className="bams-space-below" alignItems={{ default: "alignItemsCenter" }}>
                <FlexItem>
                    <Title headingLevel="h2" size="2xl" className="bams-wrap">
                        {title}
                    </Title>
                </FlexItem>
                {state && <FlexItem>{state}</FlexItem>}
                {actions && <FlexItem align={{ default: "alignRight" }}>{actions}</FlexItem>}
            </Flex>
        </header>
    );
}
