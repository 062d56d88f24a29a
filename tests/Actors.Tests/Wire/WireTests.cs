using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;
using Runner.Actors.Processes;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Wire;

namespace Runner.Actors.Tests.Wire;

public sealed class WireTests(WireTests.Node node) : IClassFixture<WireTests.Node>
{
    private const int SamplesOfEach = 100;

    private Serialization Serialization => node.System.Serialization;

    public static TheoryData<string> MessageNames => [.. WireSamples.MessageTypes.Select(t => t.FullName!)];

    [Fact]
    public void Every_message_has_a_name_on_the_wire()
    {
        Assert.Equal(WireSamples.MessageTypes.Select(t => t.FullName), WireManifests.All.Select(e => e.Type.FullName).Order(StringComparer.Ordinal));
        Assert.Empty(WireSamples.MessageTypes.Where(t => t.IsAssignableTo(typeof(INoSerializationVerificationNeeded))));
    }

    [Fact]
    public void Names_are_short_and_are_given_once()
    {
        Assert.All(WireManifests.All, e => Assert.Matches("^[A-Z]{2,4}$", e.Manifest));
        Assert.Empty(WireManifests.All.GroupBy(e => e.Manifest).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    /// <summary>A node of a former version knows a message by its name: a line of this file never changes. New messages are new lines.</summary>
    [Fact]
    public void The_manifests_are_as_approved()
    {
        var approved = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Wire", "manifests.txt"));
        Assert.Equal(approved, WireManifests.All.Select(e => $"{e.Manifest} {e.Type.FullName}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_answers_a_request_can_go_back_to_another_node() => Assert.All(
        WireSamples.MessageTypes.SelectMany(t => t.GetInterfaces()).Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequest<>)),
        request => Assert.True(
            Requests.IsList(request.GetGenericArguments()[0]) || request.GetGenericArguments()[0].IsAssignableTo(typeof(IWireMessage)),
            request.ToString()));

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void Comes_back_as_it_was(string name)
    {
        var type = WireSamples.MessageTypes.Single(t => t.FullName == name);
        for (var seed = 0; seed < SamplesOfEach; seed++)
        {
            var message = new WireSamples(seed).Message(type);
            var (bytes, back) = ThereAndBack(message);
            Same.Assert(message, back, $"{type.Name} of seed {seed}");
            Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(Serialization.Serialize(back)));
        }
    }

    [Theory]
    [MemberData(nameof(MessageNames))]
    public void Fields_of_a_later_version_are_passed_over(string name)
    {
        var type = WireSamples.MessageTypes.Single(t => t.FullName == name);
        for (var seed = 0; seed < 20; seed++)
        {
            var message = new WireSamples(seed).Message(type);
            var node = JsonNode.Parse(Serialization.Serialize(message))!;
            AddUnknown(node, type);
            var later = Encoding.UTF8.GetBytes(node.ToJsonString());
            Same.Assert(message, Serialization.Deserialize(later, WireSerializer.Id, Manifest(message)), $"{type.Name} of seed {seed}");
        }
    }

    [Fact]
    public void The_envelope_is_read_in_any_order()
    {
        var back = (EntityMessage)Serialization.Deserialize(
            """
            { "later": [{"message": 1}], "message": {"run":"0197f5f4-0000-7000-8000-000000000001","x":{}},
              "id": "é\n", "manifest": "RG", "kind": "FlowRun" }
            """u8.ToArray(),
            WireSerializer.Id, WireManifests.Envelope);
        Assert.Equal(new EntityMessage(new EntityKey("FlowRun", "é\n"), new GetRun(Guid.Parse("0197f5f4-0000-7000-8000-000000000001"))), back);
    }

    [Fact]
    public void Deeply_nested_messages_arrive()
    {
        var deep = JsonElement.Parse(new string('[', 256) + new string(']', 256), new JsonDocumentOptions { MaxDepth = 1000 });
        var spec = new DeploymentSpec
        {
            Name = "a/b", Command = ["x"], Workdir = "/", Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add("deep", deep)
        };
        var message = new EntityMessage(new EntityKey("Deployment", "a/b"), new RegisterDeployment(spec));
        Same.Assert(message, ThereAndBack(message).Back, "deep");
    }

    [Fact]
    public void A_refusal_says_the_same_on_both_sides()
    {
        Refusal refusal = new SubmissionInvalid([new("command", "is empty"), new("", "is wrong")]);
        var back = (Refusal)ThereAndBack(refusal).Back;
        Assert.Equal((refusal.Code, refusal.Message), (back.Code, back.Message));
        Assert.Equal(refusal.Problems.AsEnumerable(), back.Problems);
        Assert.Equal(new DeploymentNotFound("a/b"), ThereAndBack(new DeploymentNotFound("a/b")).Back);
    }

    [Fact]
    public void A_name_of_a_later_version_is_said_in_a_sentence()
    {
        var refused = Assert.Throws<WireException>(() => Serialization.Deserialize("{}"u8.ToArray(), WireSerializer.Id, "QQ"));
        Assert.Equal("QQ", refused.Manifest);
        Assert.Equal(
            "A message called 'QQ' came from another node and is not known here: that node is of a newer version. It is left out; "
            + "bring this node to the same version.",
            refused.Message);
    }

    [Theory]
    [InlineData("RG", "")]
    [InlineData("RG", "null")]
    [InlineData("RG", "[]")]
    [InlineData("RG", """{"run":"none"}""")]
    [InlineData("RG", """{"run":""")]
    [InlineData("DP", """{"deployment":"a/b","reason":"Boredom"}""")]
    [InlineData("XE", """{"attempt":1,"outcome":{"exit":{"$type":"vanished"}}}""")]
    [InlineData("PR", """{"keepFor":"1h"}""")]
    [InlineData("EM", "{}")]
    [InlineData("EM", """{"kind":"FlowRun","id":"1","manifest":"RG"}""")]
    [InlineData("EM", """{"kind":"FlowRun","id":"1","manifest":"RG","message":null}""")]
    [InlineData("EM", """{"kind":"FlowRun","id":1,"manifest":"RG","message":{}}""")]
    [InlineData("EM", """{"kind":"FlowRun","id":"1","manifest":"EM","message":{}}""")]
    public void What_cannot_be_read_is_said_by_name(string manifest, string json) =>
        Assert.Contains($"'{manifest}'", Assert.Throws<WireException>(() =>
            Serialization.Deserialize(Encoding.UTF8.GetBytes(json), WireSerializer.Id, manifest)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_envelope_around_what_stays_here_is_refused() => Assert.Contains(
        typeof(StartProcess).FullName!,
        Assert.Throws<WireException>(() => Serialization.Serialize(new EntityMessage(new EntityKey("FlowRun", "1"), new StartProcess(1)))).Message,
        StringComparison.Ordinal);

    private (byte[] Bytes, object Back) ThereAndBack(object message)
    {
        var serializer = Serialization.FindSerializerFor(message);
        Assert.IsType<WireSerializer>(serializer);
        var bytes = serializer.ToBinary(message);
        return (bytes, Serialization.Deserialize(bytes, serializer.Identifier, Manifest(message)));
    }

    private string Manifest(object message) => Akka.Serialization.Serialization.ManifestFor(Serialization.FindSerializerFor(message), message);

    /// <summary>An actor system with our settings.</summary>
    public sealed class Node : IDisposable
    {
        public ActorSystem System { get; } = ActorSystem.Create(
            "wire", WireSetup.Config().WithFallback("akka { loglevel = OFF, stdout-loglevel = OFF }"));

        public void Dispose() => System.Dispose();
    }

    /// <summary>Puts a field into every object that is one of ours, and not a dictionary or somebody's JSON.</summary>
    private static void AddUnknown(JsonNode? node, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(EntityMessage))
        {
            AddUnknown(node!["message"], WireManifests.Table.Of(node["manifest"]!.GetValue<string>()).Type);
            node["later"] = 1;
            return;
        }

        var info = WireJson.Options.GetTypeInfo(type);
        if (node is JsonArray array && info.Kind == JsonTypeInfoKind.Enumerable)
        {
            foreach (var item in array)
            {
                AddUnknown(item, info.ElementType!);
            }
        }
        else if (node is JsonObject json && info.Kind == JsonTypeInfoKind.Object)
        {
            foreach (var property in info.Properties)
            {
                AddUnknown(json[property.Name], property.PropertyType);
            }

            json["later"] = new JsonObject { ["nested"] = new JsonArray(1, null) };
        }
    }
}
