using Microsoft.Extensions.Time.Testing;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>How far output had come when, with a clock of the test's and files of its own.</summary>
public sealed class OutputTimesTests : IDisposable
{
    private static readonly AttemptKey Attempt = new(new Guid("00000000-0000-8000-8000-000000000001"), 1);
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory("output-times-").FullName;
    private readonly RunFiles _files;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly LiveOnes _live = new();

    public OutputTimesTests()
    {
        _files = new RunFiles(_root);
        _files.EnsureDirectory(Attempt);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_came_when_is_noted_once_a_second_while_a_program_lives()
    {
        using var times = new OutputTimes(_files, _live, _time, Serilog.Core.Logger.None);
        _live.All.Add(Attempt);
        Write(Start.AddMilliseconds(200), "one\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Write(Start.AddMilliseconds(1300), "two\nthree\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        // Nothing new is no note.
        _time.Advance(TimeSpan.FromSeconds(1));
        _live.All.Clear();
        Write(Start.AddMilliseconds(3500), "late\n");
        _time.Advance(TimeSpan.FromSeconds(1));

        var line = OutputTimeline.Read(_files.Times(Attempt), isStderr: false);
        Assert.Equal([(4L, Start.AddMilliseconds(200)), (14L, Start.AddMilliseconds(1300))], line.Notes.ToArray());
        Assert.Equal(Start.AddMilliseconds(200), line.TimeOf(4));
        Assert.Equal(Start.AddMilliseconds(1300), line.TimeOf(8));
        Assert.Null(line.TimeOf(19));
        Assert.Equal((0L, 4L, 14L), (line.Before(Start), line.Before(Start.AddSeconds(1)), line.Before(Start.AddSeconds(2))));
        Assert.Empty(OutputTimeline.Read(_files.Times(Attempt), isStderr: true).Notes);
    }

    [Fact]
    public void Of_very_many_notes_every_second_one_goes()
    {
        using var times = new OutputTimes(_files, _live, _time, Serilog.Core.Logger.None);
        _live.All.Add(Attempt);
        for (var i = 1; i <= 5000; i++)
        {
            Write(Start.AddSeconds(i - 1), "x\n");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var line = OutputTimeline.Read(_files.Times(Attempt), isStderr: false);
        Assert.InRange(line.Notes.Length, 2048, 4096);
        Assert.InRange(line.TimeOf(200)!.Value - Start, TimeSpan.FromSeconds(99), TimeSpan.FromSeconds(100));
        Assert.Equal(Start.AddSeconds(4999), line.TimeOf(10_000));
    }

    [Fact]
    public void What_stands_in_the_place_of_the_notes_is_neither_followed_nor_waited_for()
    {
        var own = Path.Combine(_root, "own");
        File.WriteAllText(own, "mine");
        using var times = new OutputTimes(_files, _live, _time, Serilog.Core.Logger.None);
        _live.All.Add(Attempt);
        File.CreateSymbolicLink(_files.Times(Attempt), own);
        Write(Start, "one\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("mine", File.ReadAllText(own));
        Assert.Empty(OutputTimeline.Read(_files.Times(Attempt), isStderr: false).Notes);

        File.Delete(_files.Times(Attempt));
        using (var make = System.Diagnostics.Process.Start("mkfifo", _files.Times(Attempt)))
        {
            make.WaitForExit();
        }

        Write(Start.AddSeconds(1), "two\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(OutputTimeline.Read(_files.Times(Attempt), isStderr: false).Notes);
    }

    private void Write(DateTimeOffset at, string text)
    {
        File.AppendAllText(_files.Stdout(Attempt), text);
        File.SetLastWriteTimeUtc(_files.Stdout(Attempt), at.UtcDateTime);
    }

    private sealed class LiveOnes : ILiveAttempts
    {
        public List<AttemptKey> All { get; } = [];

        public IReadOnlyCollection<AttemptKey> Live => [.. All];
    }
}
