namespace Runner.Host.Cluster;

/// <summary>
/// The node's log without what Akka.NET says several times a second, as errors and warnings, while shards wait for their leases, for their
/// coordinator or for the node to be a member, and of each shard when its node has lost its leases. Every failover and every start is made of it;
/// what a node waits for, and what it has lost, it says itself.
/// </summary>
internal static class QuietLog
{
    private static readonly string[] Parts =
    [
        ": Failed to get lease for shard id [", ": Failed to release lease of shardId [", ": No coordinator found to register. ",
        ": Trying to register to coordinator at [", ": Requested shard homes [", "] lease lost, stopping shard and killing [",
        ": The ShardCoordinator was unable to update a distributed state",
        // To a singleton that has ended meanwhile.
        "+AcquireLeaseResult in state ", "+LeaseLost in state ",
        // Of each try to connect to a node that is gone or stands still.
        "No response from remote", "Couldn't join seed nodes after [",
        // Of each node that ends, with where in Akka.NET it was noticed. What becomes of its membership the node says itself.
        "Akka.Remote.EndpointDisassociatedException: Disassociated",
    ];

    /// <summary>Beside the warning that names the other node.</summary>
    private const string Disassociated = "Disassociated";

    /// <summary>Said for each try of each connection to a node that is gone; that the node is gone is said once.</summary>
    private const string AssociationError = "AssociationError [";

    /// <summary>Beside the one that says why.</summary>
    private const string Rejected = " due to TLS handshake failure. ";

    /// <summary>Followed by several lines of advice, which is for other programs, and by what was the matter.</summary>
    private const string Handshake = "TLS handshake failed on channel ";
    private const string HandshakeError = "Error: ";

    /// <summary>Said of a connection whose other end has gone, as when its node ends or stands still.</summary>
    private const string Closed = "Channel is closed";

    /// <summary>Between what happened and the stack trace that Akka.NET puts into the text of a warning.</summary>
    private const string Trace = "\n   at ";

    public static ILogger Over(ILogger log) => new Serilog.LoggerConfiguration().MinimumLevel.Verbose()
        .WriteTo.Sink(new Sink(log)).CreateLogger();

    private static bool IsNoise(string text) => text == Disassociated || text.Contains(Rejected, StringComparison.Ordinal)
        || text.StartsWith(AssociationError, StringComparison.Ordinal)
        || Array.Exists(Parts, part => text.Contains(part, StringComparison.Ordinal));

    private sealed class Sink(ILogger log) : Serilog.Core.ILogEventSink
    {
        private void Failed(string[] lines)
        {
            var error = Array.Find(lines, line => line.TrimStart().StartsWith(HandshakeError, StringComparison.Ordinal))
                ?.Trim()[HandshakeError.Length..];
            log.Write(
                error is null or Closed ? Serilog.Events.LogEventLevel.Debug : Serilog.Events.LogEventLevel.Warning,
                "A connection between two nodes did not come about by TLS, on {Channel:l}: {Reason:l}", lines[0][Handshake.Length..].TrimEnd(),
                error ?? "no reason was given");
        }

        public void Emit(Serilog.Events.LogEvent logEvent)
        {
            if (!log.IsEnabled(logEvent.Level) || logEvent.Exception?.GetType().Name == "EndpointDisassociatedException")
            {
                return;
            }

            var text = logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture);
            if (IsNoise(text))
            {
                return;
            }

            if (text.StartsWith(Handshake, StringComparison.Ordinal))
            {
                Failed(text.Split('\n'));
            }
            else if (text.IndexOf(Trace, StringComparison.Ordinal) is > 0 and var trace)
            {
                log.Write(logEvent.Level, "{Text:l}", text[..trace].ReplaceLineEndings(" "));
            }
            else
            {
                log.Write(logEvent);
            }
        }
    }
}
