using Akka.Configuration;
using Akka.Hosting;

namespace Runner.Actors.Wire;

/// <summary>Makes an actor system speak to others by <see cref="WireSerializer"/> alone.</summary>
public static class WireSetup
{
    /// <summary>The settings with their reasons, in Akka's form.</summary>
    public static string Text
    {
        get
        {
            using var text = new StreamReader(typeof(WireSetup).Assembly.GetManifestResourceStream("Runner.Actors.Wire.wire.conf")!);
            return text.ReadToEnd();
        }
    }

    /// <summary>The settings; they have to come before Akka.NET's own.</summary>
    public static Config Config() => ConfigurationFactory.ParseString(Text);

    /// <summary>Adds them to a system that is being composed.</summary>
    public static AkkaConfigurationBuilder AddWire(this AkkaConfigurationBuilder builder) => builder.AddHocon(Config(), HoconAddMode.Prepend);
}
