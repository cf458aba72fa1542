/// Services: defaults, rules, and the addresses they get.
@NullMarked
package dev.ordinal.kinds.service;

import org.jspecify.annotations.NullMarked;
