using System.Text;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>What is kept of a result file can be written to the journal and read from it: otherwise its run would never end.</summary>
public sealed class ResultFileTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("[1e400, -0, 12345678901234567890123]")]
    [InlineData("""{"a":"\ud83d\ude00", "a": "\u0000<ü>"}""")]
    public void Every_value_goes_into_the_journal(string json) => IsKept(json);

    [Fact]
    public void So_does_the_deepest() => IsKept(new string('[', 60) + new string(']', 60));

    [Theory]
    [InlineData("\"\\ud800\"")]
    [InlineData("{\"\\ude00\": 1}")]
    [InlineData("[1")]
    [InlineData("1 2")]
    public void A_result_that_is_no_JSON_is_not_kept(string json) => IsNotKept(json);

    [Fact]
    public void A_result_that_is_nested_too_deeply_is_not_kept() => IsNotKept(new string('[', 61) + new string(']', 61));

    private static void IsKept(string json)
    {
        Assert.Equal((json, null), ResultFile.Judge(Encoding.UTF8.GetBytes(json)));
        var result = AttemptOutcomes.Result(new ProcessOutcome(new ProcessExit.Exited(0), Result: json));
        var (name, version, payload) = EventCatalog.Write(
            new RunFinished(1, new AttemptOutcome(StateType.Completed, StateNames.Completed, 0, null, null), result));
        Assert.IsType<RunFinished>(EventCatalog.Read(name, version, payload));
    }

    private static void IsNotKept(string json)
    {
        var (result, problem) = ResultFile.Judge(Encoding.UTF8.GetBytes(json));
        Assert.Null(result);
        Assert.Contains("not one JSON value", problem, StringComparison.Ordinal);
    }
}
