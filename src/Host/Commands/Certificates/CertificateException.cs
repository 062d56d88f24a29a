namespace Runner.Host.Commands.Certificates;

/// <summary>Certificates cannot be made. The message says why and what to do.</summary>
internal sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
