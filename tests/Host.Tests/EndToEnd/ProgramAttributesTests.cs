using System.Globalization;
using System.Text;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>What a program starts with beside its environment, with the real program: read from outside, where the kernel says it.</summary>
public sealed class ProgramAttributesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-attributes-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task B70_what_the_node_changed_of_itself_is_undone_for_its_programs()
    {
        // As a unit with OOMScoreAdjust and a shell's limits starts it, with signals that nohup and the like ignore. To protect itself takes a right.
        var found = await AttributesAsync(
            """ulimit -Sn 1234; trap "" HUP INT QUIT; umask 027; { echo -500 >/proc/self/oom_score_adj; } 2>/dev/null || true; """
            + """RUNNER_STARTED_OPEN_FILES=$(ulimit -Sn) exec "$@" """);

        Assert.Equal("1234", found["Max open files"]);
        Assert.NotEqual("1234", found["node's Max open files"]);

        // But for the two that glibc keeps for itself, which its own spawn leaves ignored.
        Assert.Equal(0UL, Convert.ToUInt64(found["SigIgn"], 16) & ~(3UL << 31));
        Assert.Equal("0000000000000000", found["SigBlk"]);
        Assert.Equal("0027", found["Umask"]);
        Assert.Equal($"1234 {found["oom_score_adj"]}", found["printed"]);
        Assert.Equal(
            Math.Max(0, int.Parse(found["node's oom_score_adj"], CultureInfo.InvariantCulture)),
            int.Parse(found["oom_score_adj"], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task B70_a_setting_says_what_else_programs_start_with()
    {
        var cpu = (await File.ReadAllLinesAsync("/proc/self/status")).Single(l => l.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal))
            .Split('\t')[1].Split(',', '-')[0];
        var found = await AttributesAsync(
            """exec "$@" """, "RUNNER_PROGRAMS_OOM_SCORE_ADJUST=700", "RUNNER_PROGRAMS_NICE=7", "RUNNER_PROGRAMS_IO_CLASS=best-effort:6",
            $"RUNNER_PROGRAMS_CPUS={cpu}",
            "RUNNER_PROGRAMS_OPEN_FILES=150");

        Assert.Equal("700", found["oom_score_adj"]);
        Assert.Equal("7", found["nice"]);
        Assert.Equal("best-effort: prio 6", found["ionice"]);
        Assert.Equal(cpu, found["Cpus_allowed_list"]);
        // So few that the node cannot lend itself this limit while it starts a program.
        Assert.Equal(("150", "150 700"), (found["Max open files"], found["printed"]));
        Assert.NotEqual("7", found["node's nice"]);
    }

    [Fact]
    public async Task B70_of_a_right_that_the_node_has_not_it_is_said_once_and_the_program_runs()
    {
        using var node = Start(
            """exec setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice -- "$@" """, "RUNNER_PROGRAMS_IO_CLASS=realtime:1",
            "RUNNER_PROGRAMS_NICE=-20");
        await node.ListensAsync();
        using var client = node.Client();
        await client.RegisterAsync([new DeploymentSpec { Name = "a/true", Command = ["true"], Workdir = _root }]);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("Completed", await Waiting.UntilAsync(client, (await client.SubmitAsync(new SubmitRun("a/true"))).Id.ToString(), null));
        }

        node.Signal("TERM");
        await node.EndsAsync();
        Assert.Contains(
            "programs.nice", Assert.Single(node.Output.Split('\n'), l => l.Contains("Programs run without", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RUNNER_PROGRAMS_OOM_SCORE_ADJUST=1001", "expected a number from -1000 to 1000, or auto or inherit")]
    [InlineData("RUNNER_PROGRAMS_NICE=x", "expected a number from -20 to 19, or inherit")]
    [InlineData("RUNNER_PROGRAMS_IO_CLASS=idle:3", "expected idle, best-effort or realtime")]
    [InlineData("RUNNER_PROGRAMS_IO_CLASS=best-effort:8", "expected idle, best-effort or realtime")]
    [InlineData("RUNNER_PROGRAMS_CPUS=3-1", "expected processors by number")]
    [InlineData("RUNNER_PROGRAMS_CPUS=0,", "expected processors by number")]
    [InlineData("RUNNER_PROGRAMS_OPEN_FILES=0", "expected a number from 1 to")]
    public async Task B70_what_is_no_such_attribute_is_refused_by_its_setting(string variable, string words)
    {
        using var node = Start("""exec "$@" """, variable);
        Assert.Equal(2, await node.EndsAsync());
        Assert.Contains(words, node.Output, StringComparison.Ordinal);
        Assert.Contains(variable.Split('=')[0], node.Output, StringComparison.Ordinal);
        Cleanly.Check(node.Output);
    }

    private RunnerProgram Start(string script, params string[] variables) => RunnerProgram.StartWith(
        ["env", .. variables, "sh", "-c", script, "sh", "dotnet"], Path.Combine(_root, "data"), "node", "--listen", "127.0.0.1:0");

    /// <summary>What the kernel says of a program of a node that is started by that script, and of the node.</summary>
    private async Task<Dictionary<string, string>> AttributesAsync(string script, params string[] variables)
    {
        using var node = Start(script, variables);
        await node.ListensAsync();
        using var client = node.Client();
        await client.RegisterAsync([new DeploymentSpec
        {
            Name = "a/waits", Command = ["sh", "-c", "echo $(ulimit -Sn) $(cat /proc/self/oom_score_adj); exec sleep 600"], Workdir = _root
        }]);
        var run = (await client.SubmitAsync(new SubmitRun("a/waits"))).Id;
        await foreach (var line in client.FollowLogsAsync(run))
        {
            var pid = (await client.RunAsync(run)).Pid!.Value;
            var found = Of(pid);
            foreach (var (name, value) in Of(node.Process.Id))
            {
                found[$"node's {name}"] = value;
            }

            found["printed"] = line.Text.TrimEnd();
            found["ionice"] = Shell.Run("ionice", "-p", $"{pid}").Trim();
            await client.CancelAsync(run);
            await Waiting.UntilAsync(client, run.ToString(), null);
            node.Signal("TERM");
            await node.EndsAsync();
            return found;
        }

        throw new InvalidOperationException("The program has printed nothing.");
    }

    private static Dictionary<string, string> Of(int pid)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["oom_score_adj"] = File.ReadAllText($"/proc/{pid}/oom_score_adj").Trim(),
            ["nice"] = File.ReadAllText($"/proc/{pid}/stat", Encoding.UTF8).Split(") ")[^1].Split(' ')[16],
            ["Max open files"] = File.ReadAllLines($"/proc/{pid}/limits").Single(l => l.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3],
        };
        foreach (var line in File.ReadAllLines($"/proc/{pid}/status"))
        {
            found[line.Split(':')[0]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        return found;
    }
}
