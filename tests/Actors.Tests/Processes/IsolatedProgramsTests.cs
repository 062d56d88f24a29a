using Microsoft.Extensions.Time.Testing;
using Runner.Actors.FlowRunners;
using Runner.Actors.Processes;
using Runner.Actors.Tests.Kit;

namespace Runner.Actors.Tests.Processes;

public sealed class IsolatedProgramsTests
{
    private static readonly Guid Waits = new("00000000-0000-8000-8000-000000000001");
    private static readonly Guid IsTriedAgain = new("00000000-0000-8000-8000-000000000002");
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingFlowRunner _flowRunner = new();

    [Fact]
    public void Those_that_are_tried_again_elsewhere_are_ended_before_that_and_the_others_go_on()
    {
        using var isolated = Isolate();
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.Empty(_flowRunner.New());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["Terminate 2"], _flowRunner.New());
        _time.Advance(Grace);
        Assert.Equal(["Kill 2"], _flowRunner.New());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_flowRunner.New());
    }

    [Fact]
    public void Once_the_node_is_back_nothing_is_ended()
    {
        Isolate().Dispose();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_flowRunner.New());
    }

    [Fact]
    public void Once_the_node_is_back_what_no_run_asks_for_is_ended_all_the_same()
    {
        var asked = new HashSet<AttemptKey>();
        var isolated = Isolate();
        _time.Advance(TimeSpan.FromSeconds(19));
        isolated.Back(asked.Contains);

        // Its run has a while to hear that the node is back.
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(_flowRunner.New());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["Terminate 2"], _flowRunner.New());
        _time.Advance(Grace);
        Assert.Equal(["Kill 2"], _flowRunner.New());
    }

    [Fact]
    public void Once_the_node_is_back_what_its_run_asks_for_goes_on()
    {
        var asked = new HashSet<AttemptKey>();
        var isolated = Isolate();
        _time.Advance(TimeSpan.FromSeconds(19));
        isolated.Back(asked.Contains);
        _time.Advance(TimeSpan.FromSeconds(5));
        asked.Add(new AttemptKey(IsTriedAgain, 2));
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Empty(_flowRunner.New());
    }

    private IsolatedPrograms Isolate() => new(
        [
            new CountedAttempt(new AttemptKey(Waits, 1), Grace, null),
            new CountedAttempt(new AttemptKey(IsTriedAgain, 2), Grace, null) { EndsAfter = TimeSpan.FromSeconds(20) },
        ], _flowRunner, _time);
}
