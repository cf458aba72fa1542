/// Who a client is, and the keys and certificates that prove it. Start at `Pki`.
@NullMarked
package dev.ordinal.server.auth;

import org.jspecify.annotations.NullMarked;
