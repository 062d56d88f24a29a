using System.Net.Sockets;
using System.Text;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A node as a service manager or a container starts it.</summary>
public sealed class ServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-service-").FullName;

    private string Data => Path.Combine(_root, "data");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_service_manager_is_told_that_it_is_ready_that_it_lives_and_that_it_stops()
    {
        var path = Path.Combine(_root, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        using var node = RunnerProgram.StartWith(
            [$"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=300000", "dotnet"], Data, "node", "--listen", "127.0.0.1:0");

        await SaysAsync(socket, "READY=1");
        await SaysAsync(socket, "WATCHDOG=1");
        await SaysAsync(socket, "WATCHDOG=1");
        node.Signal("TERM");
        await SaysAsync(socket, "STOPPING=1");
        Assert.Equal(0, await node.EndsAsync());
    }

    [Fact]
    public async Task As_process_1_it_reaps_what_programs_leave_behind()
    {
        using var node = RunnerProgram.StartWith(
            ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", "dotnet"], Data, "node", "--listen",
            "127.0.0.1:0");
        await node.ListensAsync();
        using var client = node.Client();

        // An orphan ends, is a zombie of process 1, and is gone when the program ends.
        const string Script = """
            p=$(sh -c 'setsid sleep 0.2 >/dev/null 2>&1 & echo $!')
            until [ ! -e /proc/$p ] || grep -q '^State:.Z' /proc/$p/status; do sleep 0.05; done
            while [ -e /proc/$p ]; do sleep 0.1; done
            """;
        await client.RegisterAsync([new DeploymentSpec { Name = "orphan/it", Command = ["sh", "-c", Script], Workdir = "/", Timeout = Patience }]);
        var run = await client.SubmitAsync(new SubmitRun("orphan/it"));

        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.Id.ToString(), null));
    }

    private static async Task SaysAsync(Socket socket, string state)
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[4_096];
        while (!Encoding.UTF8.GetString(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, patience.Token))).Split('\n').Contains(state))
        {
            // Something else it says.
        }
    }
}
