using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Runner.Actors;

namespace Runner.Host.Commands;

/// <summary>
/// Tells systemd how the node is, as <c>sd_notify(3)</c> describes: datagrams to the socket named in <c>NOTIFY_SOCKET</c>. Where there is
/// none nobody is told. A service manager that has gone away is no reason to stop: it is told once in the log.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    private readonly Socket? _socket;
    private readonly ILogger _log;
    private readonly TimeSpan? _watchdog;
    private ITimer? _timer;
    private int _silent;

    /// <param name="variable">Reads an environment variable; null if it is not set.</param>
    public ServiceManager(Func<string, string?> variable, ILogger log)
    {
        _log = log;
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@') || OperatingSystem.IsWindows())
        {
            return;
        }

        _watchdog = long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds) : null;
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            // An at sign stands for the zero byte of an abstract name.
            _socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException e)
        {
            Missed(e);
        }
    }

    /// <summary>The node takes work. From now on the watchdog is fed, as long as the node's health can be asked for at all.</summary>
    public void Ready(IRunnerNode node, string url, TimeProvider time)
    {
        Send($"READY=1\nSTATUS=Takes work at {url}");
        if (_socket is not null && _watchdog is { } watchdog)
        {
            _timer = time.CreateTimer(_ => _ = FeedAsync(node), null, TimeSpan.Zero, watchdog / 3);
        }
    }

    public void Stopping() => Send("STOPPING=1\nSTATUS=Stopping: programs get their grace time");

    public void Dispose()
    {
        _timer?.Dispose();
        _socket?.Dispose();
    }

    /// <summary>Whatever the health is: a store that is away is no reason to end the node under its programs. No answer at all is.</summary>
    private async Task FeedAsync(IRunnerNode node)
    {
        try
        {
            await node.HealthAsync(CancellationToken.None);
            Send("WATCHDOG=1");
        }
        catch (Exception e)
        {
            _log.Error(e, "The node's health cannot be asked for, and the service manager's watchdog is not fed");
        }
    }

    private void Send(string state)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Missed(e);
        }
    }

    private void Missed(Exception e)
    {
        if (Interlocked.Exchange(ref _silent, 1) == 0)
        {
            _log.Warning("The service manager cannot be told how the node is: {Reason}", e.Message);
        }
    }
}
