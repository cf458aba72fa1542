/// Leases: who leads, and until when. Clients elect their leaders by them.
@NullMarked
package dev.ordinal.kinds.lease;

import org.jspecify.annotations.NullMarked;
