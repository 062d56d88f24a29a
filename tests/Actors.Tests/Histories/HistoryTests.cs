using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Runner.Simulation;

namespace Runner.Actors.Tests.Histories;

/// <summary>
/// Journals that came about once, kept as files: every later version of the program has to read them, and to come to the same state.
/// New ones are recorded with <c>dotnet run --project tests/Simulation -- --seed N --record FOLDER</c>; old ones are never changed.
/// </summary>
public sealed class HistoryTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "*.json").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Histories");

    [Theory]
    [MemberData(nameof(Files))]
    public void An_old_journal_comes_to_the_state_that_it_came_to_then(string file)
    {
        using var document = Read(file);
        var root = document.RootElement;
        var events = root.GetProperty("events").EnumerateArray().Select(e => (Event(e), e.GetProperty("at").GetDateTimeOffset()));
        var state = JsonNode.Parse(Replay.State(root.GetProperty("kind").GetString()!, root.GetProperty("id").GetString()!, events))!;
        var expected = JsonNode.Parse(root.GetProperty("state").GetRawText())!;

        LeaveOutWhatHasCome(state, expected);
        Assert.True(JsonNode.DeepEquals(expected, state), $"expected {expected.ToJsonString()}\nbut it is {state.ToJsonString()}");
    }

    [Fact]
    public void Every_event_there_is_stands_in_an_old_journal_at_its_first_version()
    {
        var recorded = Directory.GetFiles(Folder, "*.json").SelectMany(file =>
        {
            using var document = Read(file);
            return document.RootElement.GetProperty("events").EnumerateArray()
                .Where(e => e.GetProperty("version").GetInt32() == 1).Select(e => e.GetProperty("type").GetString()!).ToArray();
        });

        Assert.Empty(EventCatalog.Names.Except(recorded));
    }

    [Fact]
    public void Every_state_there_is_is_come_to_by_an_old_journal()
    {
        var reached = Directory.GetFiles(Folder, "FlowRun-*.json").SelectMany(file =>
        {
            using var document = Read(file);
            return document.RootElement.GetProperty("state").GetProperty("history").EnumerateArray()
                .Select(h => h.GetProperty("state").GetProperty("name").GetString()!).ToArray();
        });

        Assert.Empty(StateNames.All.Select(s => s.Name).Except(reached));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_is_written_again_is_what_was_read(string file)
    {
        using var document = Read(file);
        foreach (var stored in document.RootElement.GetProperty("events").EnumerateArray())
        {
            var (name, _, payload) = EventCatalog.Write(Event(stored));
            using var again = JsonDocument.Parse(payload);

            Assert.Equal(stored.GetProperty("type").GetString(), name);
            Assert.True(JsonElement.DeepEquals(stored.GetProperty("payload"), again.RootElement), again.RootElement.GetRawText());
        }
    }

    /// <summary>A step of a run says since then on which node the attempt is that begins with it.</summary>
    private static void LeaveOutWhatHasCome(JsonNode state, JsonNode expected)
    {
        foreach (var (step, then) in (state["history"] as JsonArray ?? []).Zip(expected["history"] as JsonArray ?? []))
        {
            if (!then!.AsObject().ContainsKey("node") && step!["node"] is not null)
            {
                Assert.Equal("Submitting", (string?)step["state"]!["name"]);
                step.AsObject().Remove("node");
            }
        }
    }

    private static JsonDocument Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file)));

    private static object Event(JsonElement stored) => EventCatalog.Read(
        stored.GetProperty("type").GetString()!, stored.GetProperty("version").GetInt32(),
        Encoding.UTF8.GetBytes(stored.GetProperty("payload").GetRawText()));
}
