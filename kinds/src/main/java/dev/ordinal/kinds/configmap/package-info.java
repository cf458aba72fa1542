/// ConfigMaps, and the one with the cluster's CA in every namespace.
@NullMarked
package dev.ordinal.kinds.configmap;

import org.jspecify.annotations.NullMarked;
