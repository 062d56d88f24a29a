using Runner.Entities.Alarms;
using Serilog;

namespace Runner.Entities.Tests.Alarms;

public sealed class AlarmBoardTests
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
        Look(TimeSpan.FromMinutes(10));
        Assert.Empty(_said);
        Assert.Null(_board.LastStep);

        _time.StepWallClock(TimeSpan.FromHours(hours));
        Look(TimeSpan.FromMinutes(10));

        Assert.Contains($"{(hours > 0 ? "forward" : "back")} by 06:00:00", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromHours(hours), _board.LastStep!.By);
        Assert.InRange(_board.LastStep.Ago, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void A_clock_that_is_slewed_is_not_spoken_of()
    {
        for (var i = 0; i < 100; i++)
        {
            _time.StepWallClock(TimeSpan.FromMilliseconds(500));
            Look(TimeSpan.FromSeconds(5));
        }

        Assert.Empty(_said);
    }

    [Fact]
    public void It_sees_as_far_as_the_slice_that_was_read_least_far()
    {
        Assert.Null(_board.Until);
        Assert.Null(_board.Behind);
        var now = _time.GetUtcNow();
        _board.Took(1);
        _board.Took(2);
        _board.ReadUntil(1, now.AddMinutes(2));
        Assert.Null(_board.Until);

        _board.ReadUntil(2, now.AddMinutes(1));
        Assert.Equal(now.AddMinutes(1), _board.Until);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromMinutes(2), _board.Behind);

        // Another node sees to it now.
        _board.Left(2);
        Assert.Equal(now.AddMinutes(2), _board.Until);
    }

    [Fact]
    public void All_are_read_when_each_slice_was_once()
    {
        for (var slice = 0; slice < EntitySlices.Count; slice++)
        {
            _board.Took(slice);
        }

        for (var slice = 0; slice < EntitySlices.Count; slice++)
        {
            Assert.False(_board.AllRead.IsCompleted);
            _board.ReadUntil(slice, _time.GetUtcNow());
        }

        Assert.True(_board.AllRead.IsCompletedSuccessfully);
    }

    /// <summary>All workers look at the clock, every five seconds.</summary>
    private void Look(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(5))
        {
            for (var worker = 0; worker < EntitySlices.Count; worker++)
            {
                _board.Notice();
            }

            _time.Advance(TimeSpan.FromSeconds(5));
        }
    }

    private sealed class Lines(List<string> said) : Serilog.Core.ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent) => said.Add(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }
}
