/// StorageClasses, and the default one.
@NullMarked
package dev.ordinal.kinds.storageclass;

import org.jspecify.annotations.NullMarked;
