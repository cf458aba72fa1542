/// Images on this machine: read from archives, unpacked into layers that containers share.
///
/// Start reading at [ImageStore].
@NullMarked
package dev.ordinal.node.image;

import org.jspecify.annotations.NullMarked;
