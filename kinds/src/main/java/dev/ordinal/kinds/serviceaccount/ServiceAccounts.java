package dev.ordinal.kinds.serviceaccount;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

/// Everything the API server knows about `v1` ServiceAccounts.
public final class ServiceAccounts {
    public static final Kind KIND =
            Kind.of("v1", "serviceaccounts", Schema.load("v1", "ServiceAccount"))
                    .shortNames("sa")
                    .returnsDeleted()
                    .column(Columns.name())
                    .column(Columns.age())
                    .build();

    private ServiceAccounts() {}
}
