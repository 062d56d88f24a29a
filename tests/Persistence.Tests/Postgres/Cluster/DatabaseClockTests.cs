using Runner.Persistence.Postgres.Cluster;

namespace Runner.Persistence.Tests.Postgres.Cluster;

/// <summary>A wall clock beside the database's: what is a difference, what is said of it, and when.</summary>
public sealed class DatabaseClockTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly CollectedLog _log = new();
    private readonly DatabaseClock _clock;

    public DatabaseClockTests() => _clock = new DatabaseClock("the database", _log.Logger);

    [Fact]
    public void What_lies_within_the_answer_is_no_difference()
    {
        Read(asked: 0, answered: 90, now: 40);
        Assert.Equal(TimeSpan.Zero, _clock.Ahead);
        Assert.Null(_clock.Trouble);

        Read(asked: 0, answered: 90, now: 100);
        Assert.Equal(TimeSpan.FromSeconds(-10), _clock.Ahead);
        Assert.False(_clock.IsWrong);
        Assert.StartsWith("The clock of this machine is 10 s behind that of the database: schedules", _clock.Trouble, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4.9, null, false)]
    [InlineData(-4.9, null, false)]
    [InlineData(5, "5 s ahead of", false)]
    [InlineData(-59, "59 s behind", false)]
    [InlineData(60, "1 min ahead of", true)]
    [InlineData(-600, "10 min behind", true)]
    [InlineData(90061, "1 d 1 h 1 min 1 s ahead of", true)]
    public void A_difference_is_said_and_from_a_minute_on_wrong(double ahead, string? words, bool isWrong)
    {
        Read(asked: ahead, answered: ahead, now: 0);

        Assert.Equal(isWrong, _clock.IsWrong);
        Assert.Equal(words is not null, _clock.Trouble is not null);
        if (words is not null)
        {
            Assert.Contains($" is {words} that of ", _clock.Trouble, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_said_once_when_it_begins_when_it_grows_and_when_it_is_over()
    {
        foreach (var ahead in (double[])[0, 10, 20, 10, 70, 80, 10, 0, 0])
        {
            Read(ahead, ahead, 0);
        }

        Assert.Collection(
            _log.Lines,
            first => Assert.Contains("10 s ahead", first, StringComparison.Ordinal),
            second => Assert.Contains("1 min 10 s ahead", second, StringComparison.Ordinal),
            last => Assert.Contains("at one again", last, StringComparison.Ordinal));
    }

    private void Read(double asked, double answered, double now) =>
        _clock.Read(Now.AddSeconds(asked), Now.AddSeconds(answered), Now.AddSeconds(now).UtcDateTime);
}
