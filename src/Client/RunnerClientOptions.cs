namespace Runner.Client;

/// <summary>How a client waits and tries again.</summary>
public sealed record RunnerClientOptions
{
    private static readonly TimeSpan Impatient = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an ordinary request may take, and how long one is sent again to a node that says it is busy; streams have no bound.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a broken stream is tried to be resumed before it is given up, counted from the last thing it delivered.</summary>
    public TimeSpan ReconnectFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The first pause before trying again; doubled each time up to <see cref="MaxBackOff"/>.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a request that is safe to repeat is sent again after its connection broke.</summary>
    public int Resends { get; init; } = 4;

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Told in a sentence that a node has not answered for 2 s and is tried again, and that it answers again; null tells nobody. Called by whichever
    /// thread waits.
    /// </summary>
    public Action<string>? OnWaiting { get; init; }

    /// <summary>The same without waiting for a node that is gone, busy or stuck: the first try is the last one, and has 5 s.</summary>
    public RunnerClientOptions WithoutWaiting() => this with
    {
        RequestTimeout = Min(RequestTimeout, Impatient), ConnectTimeout = Min(ConnectTimeout, Impatient), ReconnectFor = TimeSpan.Zero, Resends = 0,
        OnWaiting = null,
    };

    /// <summary>What waits and measures; null is the machine's clock.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Makes idempotency keys; null makes random ones.</summary>
    public Func<string>? NewKey { get; init; }

    /// <summary>Carries the requests; null makes a socket's. Disposed of with the client.</summary>
    public HttpMessageHandler? Handler { get; init; }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
