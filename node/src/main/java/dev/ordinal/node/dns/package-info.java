/// The cluster's DNS server. Start reading at [Zone], which knows every name; [DnsServer] carries
/// questions and answers, and hands the rest to the host's servers.
@NullMarked
package dev.ordinal.node.dns;

import org.jspecify.annotations.NullMarked;
