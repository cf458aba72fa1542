package dev.ordinal.kinds.serviceaccount;

import dev.ordinal.api.Kind;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Columns;

/// Everything the API server knows about `v1` ServiceAccounts.
public final class ServiceAccounts {
    private ServiceAccounts() {}

    /// @param tokens makes the tokens that are asked for
    public static Kind kind(AccountTokens tokens) {
        return Kind.of("v1", "serviceaccounts", Schema.load("v1", "ServiceAccount"))
                .shortNames("sa")
                .returnsDeleted()
                .posting(
                        "token",
                        Schema.load("authentication.k8s.io/v1", "TokenRequest"),
                        new TokenRequests(tokens)::answer)
                .column(Columns.name())
                .column(Columns.age())
                .build();
    }
}
