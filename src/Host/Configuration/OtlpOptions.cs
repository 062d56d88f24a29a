namespace Runner.Host.Configuration;

/// <summary>How a collector is spoken to.</summary>
internal enum OtlpProtocol
{
    Grpc,
    HttpProtobuf,
}

/// <summary>Where metrics and traces are sent.</summary>
/// <param name="Endpoint">The collector's address, http or https; null sends nothing.</param>
/// <param name="Headers"><c>name=value</c> pairs with commas between, sent with every request; null for none. Secret.</param>
internal sealed record OtlpOptions(Uri? Endpoint, OtlpProtocol Protocol, string? Headers)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Endpoint} ({Protocol})";
}
