package dev.ordinal.kinds;

import dev.ordinal.api.Api;
import dev.ordinal.kinds.rbac.RbacAuthorizer;
import dev.ordinal.kinds.serviceaccount.AccountTokens;

import java.security.KeyPair;
import java.time.InstantSource;
import java.util.function.Supplier;

/// Who may use one cluster: its roles, and the tokens of its ServiceAccounts.
public record Access(RbacAuthorizer roles, AccountTokens tokens) {
    /// @param keys that sign tokens, of the curve P-256; asked for when the first is made or seen
    public static Access of(Supplier<KeyPair> keys, InstantSource clock) {
        return new Access(new RbacAuthorizer(), new AccountTokens(keys, clock));
    }

    /// Called once, before anybody asks.
    public void load(Api api) {
        roles.load(api);
        tokens.load(api);
    }
}
