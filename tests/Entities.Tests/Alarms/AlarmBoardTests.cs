using Akka.TestKit.Xunit2;
using Runner.Entities.Alarms;
using Serilog;

namespace Runner.Entities.Tests.Alarms;

public sealed class AlarmBoardTests : TestKit
{
    private readonly VirtualTime _time = new();
    private readonly List<string> _said = [];
    private readonly AlarmBoard _board;

    public AlarmBoardTests() => _board = new AlarmBoard(_time, new LoggerConfiguration().WriteTo.Sink(new Lines(_said)).CreateLogger());

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    public void A_step_of_the_wall_clock_is_said_once_for_all_workers_and_by_how_much(int hours)
    {
        var workers = Begin();
        PassTenMinutes();
        Assert.Empty(_said);
        Assert.Null(_board.LastStep);

        _time.StepWallClock(TimeSpan.FromHours(hours));
        PassTenMinutes();

        Assert.Contains($"{(hours > 0 ? "forward" : "back")} by 06:00:00", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(hours), _board.LastStep!.By);
        Assert.InRange(_board.LastStep.Ago, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        foreach (var worker in workers)
        {
            worker.ExpectMsg<ClockStepped>();
            Assert.False(worker.HasMessages);
        }
    }

    [Fact]
    public void A_clock_that_is_slewed_is_not_spoken_of()
    {
        var workers = Begin();
        for (var i = 0; i < 100; i++)
        {
            _time.StepWallClock(TimeSpan.FromMilliseconds(40));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Empty(_said);
        Assert.All(workers, worker => Assert.False(worker.HasMessages));

        // Workers hear of less than people do.
        _time.StepWallClock(TimeSpan.FromMilliseconds(500));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(_said);
        Assert.All(workers, worker => Assert.True(worker.HasMessages));
    }

    [Fact]
    public void It_sees_as_far_as_the_slice_that_was_read_least_far()
    {
        Assert.Null(_board.Until);
        Assert.Null(_board.Behind);
        var now = _time.GetUtcNow();
        _board.Came(1, TestActor);
        _board.Came(2, TestActor);
        _board.ReadUntil(1, now.AddMinutes(2));
        Assert.Null(_board.Until);

        _board.ReadUntil(2, now.AddMinutes(1));
        Assert.Equal(now.AddMinutes(1), _board.Until);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromMinutes(2), _board.Behind);

        // Its next worker has come before the former went.
        _board.Left(2, CreateTestProbe().Ref);
        Assert.Equal(now.AddMinutes(1), _board.Until);

        // Another node sees to it now.
        _board.Left(2, TestActor);
        Assert.Equal(now.AddMinutes(2), _board.Until);
    }

    [Fact]
    public void All_are_read_when_each_slice_was_once()
    {
        for (var slice = 0; slice < EntitySlices.Count; slice++)
        {
            _board.Came(slice, TestActor);
        }

        for (var slice = 0; slice < EntitySlices.Count; slice++)
        {
            Assert.False(_board.AllRead.IsCompleted);
            _board.ReadUntil(slice, _time.GetUtcNow());
        }

        Assert.True(_board.AllRead.IsCompletedSuccessfully);
    }

    [Fact]
    public void The_worker_of_a_slice_is_known_while_it_is_here()
    {
        Assert.Null(_board.Worker(3));
        _board.Came(3, TestActor);
        Assert.Equal(TestActor, _board.Worker(3));
        Assert.Null(_board.Worker(4));

        // Its next worker has come before the former went.
        var next = CreateTestProbe().Ref;
        _board.Came(3, next);
        _board.Left(3, TestActor);
        Assert.Equal(next, _board.Worker(3));

        _board.Left(3, next);
        Assert.Null(_board.Worker(3));
    }

    /// <summary>Step by step: a timer that fires finds the time to which it was put forward.</summary>
    private void PassTenMinutes()
    {
        for (var i = 0; i < 120; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    private Akka.TestKit.TestProbe[] Begin()
    {
        var workers = Enumerable.Range(0, EntitySlices.Count).Select(_ => CreateTestProbe()).ToArray();
        for (var slice = 0; slice < workers.Length; slice++)
        {
            _board.Came(slice, workers[slice].Ref);
        }

        return workers;
    }

    private sealed class Lines(List<string> said) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent) => said.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }
}
