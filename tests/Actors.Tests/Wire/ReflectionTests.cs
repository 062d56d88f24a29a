using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Serialization;
using Runner.Actors.Nodes;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Wire;

namespace Runner.Actors.Tests.Wire;

/// <summary>No serializer that makes whatever type a message names can be reached, in an actor system that remotes.</summary>
public sealed class ReflectionTests(ReflectionTests.Node node) : IClassFixture<ReflectionTests.Node>
{
    private Serialization Serialization => node.System.Serialization;

    [Fact]
    public void Every_type_of_ours_is_written_by_our_serializer_or_by_none()
    {
        foreach (var type in new[] { typeof(IWireMessage), typeof(EntityMessage), typeof(IRunnerNode), typeof(ReflectionTests) }.SelectMany(
            t => t.Assembly.GetTypes())
            .Where(t => t is { IsInterface: false, ContainsGenericParameters: false } && !t.IsAssignableTo(typeof(ActorBase))
                && !t.IsAssignableTo(typeof(IActorRef))))
        {
            var serializer = Serialization.FindSerializerForType(type, "json");
            Assert.True(
                type.IsAssignableTo(typeof(IWireMessage)) ? serializer is WireSerializer : serializer is RefusingSerializer,
                $"{type} would be written by {serializer}");
        }
    }

    [Theory]
    [InlineData(typeof(object))]
    [InlineData(typeof(Unmarked))]
    [InlineData(typeof(NodeSettings))]
    [InlineData(typeof(EntityCommit))]
    [InlineData(typeof(System.Diagnostics.ProcessStartInfo))]
    public void What_nothing_says_how_to_write_is_refused_by_name(Type type)
    {
        var message = System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        Assert.Contains(type.FullName!, Assert.Throws<WireException>(() => Serialization.Serialize(message)).Message, StringComparison.Ordinal);
    }

    /// <summary>The numbers of Newtonsoft's, of what makes actors and of Hyperion, as another node would send them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(-5)]
    public void What_another_node_wrote_by_reflection_is_not_read(int serializer)
    {
        var bytes = Encoding.UTF8.GetBytes($$"""{"$type":"{{typeof(Unmarked).AssemblyQualifiedName}}","Text":"x"}""");
        Assert.Throws<SerializationException>(() => Serialization.Deserialize(bytes, serializer, typeof(Unmarked).AssemblyQualifiedName));
        Assert.Throws<SerializationException>(() => Serialization.Deserialize(bytes, serializer, typeof(Unmarked)));
        Assert.Throws<WireException>(() => Serialization.Deserialize(bytes, RefusingSerializer.Id, typeof(Unmarked).AssemblyQualifiedName));
    }

    [Fact]
    public void Hyperion_is_not_part_of_the_program() =>
        Assert.Empty(Directory.GetFiles(AppContext.BaseDirectory, "*Hyperion*"));

    /// <summary>An actor system that could speak to another.</summary>
    public sealed class Node : IDisposable
    {
        public ActorSystem System { get; } = ActorSystem.Create("wire", WireSetup.Config().WithFallback(
            """akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = cluster, remote.dot-netty.tcp { hostname = "127.0.0.1", """
            + """port = 0 } }"""));

        public void Dispose() => System.Dispose();
    }

    private sealed record Unmarked(string Text);
}
