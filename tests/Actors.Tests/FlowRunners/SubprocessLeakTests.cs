using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>Counts what belongs to the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class SubprocessLeakTests : IDisposable
{
    /// <summary>What the test host may open meanwhile.</summary>
    private const int Margin = 10;

    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Two_thousand_programs_leave_no_descriptor_and_no_zombie()
    {
        using var runner = new SubprocessFlowRunner(_shop.Options);
        await Run(runner, 50);
        var before = Descriptors();
        await Run(runner, 1900);
        await Stop(runner, 100);
        Settles(() => !Targets()
            .Any(target => target.Contains("pidfd", StringComparison.Ordinal) || target.StartsWith(_shop.Data, StringComparison.Ordinal)));
        Settles(() => Descriptors() <= before + Margin);
        Settles(() => Zombies().Count == 0);
    }

    [Fact]
    public void A_disposed_flow_runner_leaves_no_descriptor()
    {
        Cycle();
        var before = Descriptors();
        for (var i = 0; i < 10 * Margin; i++)
        {
            Cycle();
        }

        Settles(() => Descriptors() <= before + Margin);

        void Cycle()
        {
            var runner = new SubprocessFlowRunner(_shop.Options);
            runner.Dispose();
            runner.Dispose();
        }
    }

    private async Task Run(SubprocessFlowRunner runner, int count)
    {
        for (var i = 0; i < count; i += 10)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async j =>
            {
                var recorder = new Recorder();
                runner.Start(_shop.Spec(j == 9 ? "/no/such/program" : "/bin/true"), recorder);
                await recorder.WhenLast();
            }));
        }
    }

    private async Task Stop(SubprocessFlowRunner runner, int count)
    {
        var runs = Enumerable.Range(0, count)
            .Select(_ => (Spec: _shop.Shell("sleep 600 & setsid sleep 600 & wait"), Recorder: new Recorder())).ToList();
        foreach (var (spec, recorder) in runs)
        {
            runner.Start(spec, recorder);
            await recorder.WhenStarted();
            runner.Stop(spec.Key, StopSignal.Kill);
        }

        foreach (var (_, recorder) in runs)
        {
            await recorder.WhenEnded();
        }
    }

    /// <summary>What is left stays; the last of what is given back may be given back a moment after it was reported.</summary>
    private static void Settles(Func<bool> isSo) =>
        Assert.True(SpinWait.SpinUntil(isSo, TimeSpan.FromMinutes(1)), $"zombies {string.Join(' ', Zombies())}; {string.Join('\n', Targets())}");

    private static int Descriptors() => Targets().Count;

    private static List<string> Targets() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget ?? string.Empty)];

    private static List<int> Zombies() =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)
           let pid = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
           where ProcFiles.ReadStat(pid) is { IsDead: true } stat && stat.Parent == Environment.ProcessId
           select pid,
    ];
}
