/// ServiceAccounts: the default one of each namespace, and what pods get of it.
@NullMarked
package dev.ordinal.kinds.serviceaccount;

import org.jspecify.annotations.NullMarked;
