using Akka.Configuration;
using Akka.Hosting;

namespace Runner.Actors.Wire;

/// <summary>Makes an actor system speak to others by <see cref="WireSerializer"/> alone.</summary>
public static class WireSetup
{
    /// <summary>The settings; they have to come before Akka.NET's own.</summary>
    public static Config Config()
    {
        using var text = new StreamReader(typeof(WireSetup).Assembly.GetManifestResourceStream("Runner.Actors.Wire.wire.conf")!);
        return ConfigurationFactory.ParseString(text.ReadToEnd());
    }

    /// <summary>Adds them to a system that is being composed.</summary>
    public static AkkaConfigurationBuilder AddWire(this AkkaConfigurationBuilder builder) => builder.AddHocon(Config(), HoconAddMode.Prepend);
}
