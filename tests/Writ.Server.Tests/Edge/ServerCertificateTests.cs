using Microsoft.Extensions.Logging.Abstractions;
using Writ.Server.Edge;
using Writ.Server.Tests.Mtls;
using Writ.Testing;

namespace Writ.Server.Tests.Edge;

/// <summary>The listener's certificate: from files that somebody renews, or from the development authority.</summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-tls-").FullName;
    private readonly FakeTimeProvider _time = FakeTimeProvider.AtPresent();
    private readonly CertificateMaker _maker = new();

    [Fact]
    public async Task Replaced_files_are_served_to_the_next_connection()
    {
        var first = await _maker.SelfSignedAsync("first");
        var second = await _maker.SelfSignedAsync("second");
        var certificate = new ServerCertificate(
            new CertificateFiles(first.Certificate, first.Key), _time, NullLogger.Instance);
        Assert.Equal("CN=first", certificate.Current().TargetCertificate.Subject);

        File.Move(second.Key, first.Key, overwrite: true);
        File.Move(second.Certificate, first.Certificate, overwrite: true);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("CN=second", certificate.Current().TargetCertificate.Subject);
    }

    [Fact]
    public async Task Files_that_do_not_hold_leave_the_previous_certificate()
    {
        var first = await _maker.SelfSignedAsync("first");
        var certificate = new ServerCertificate(
            new CertificateFiles(first.Certificate, first.Key), _time, NullLogger.Instance);

        await File.WriteAllTextAsync(first.Certificate, "-----BEGIN CERTIFICATE-----\nhalf");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=first", certificate.Current().TargetCertificate.Subject);

        File.Delete(first.Certificate);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=first", certificate.Current().TargetCertificate.Subject);
    }

    [Fact]
    public async Task Key_that_everybody_can_read_is_refused()
    {
        var open = await _maker.SelfSignedAsync("open");
        File.SetUnixFileMode(open.Key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        var files = new CertificateFiles(open.Certificate, open.Key);
        var refused = Assert.Throws<InvalidOperationException>(files.Load);

        Assert.Contains("chmod", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Development_authority_keeps_its_key_to_itself_and_stays_the_same()
    {
        var authority = new DevAuthority(_folder, _time);
        authority.Load();
        var first = File.ReadAllText(authority.CertificateFile);

        new DevAuthority(_folder, _time).Load();

        Assert.Equal(first, File.ReadAllText(authority.CertificateFile));
        Assert.DoesNotContain("PRIVATE", first, StringComparison.Ordinal);
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (var path in Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "ca")))
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & ~owner);
        Assert.Equal(owner, File.GetUnixFileMode(Path.Combine(_folder, "ca")));
    }

    [Fact]
    public void Development_leaf_and_authority_are_renewed_before_they_end()
    {
        var authority = new DevAuthority(_folder, _time);
        var certificate = new ServerCertificate(authority, _time, NullLogger.Instance);
        var first = File.ReadAllText(authority.CertificateFile);
        for (var days = 0; days < 370; days += 3)
        {
            _time.Advance(TimeSpan.FromDays(3));
            var leaf = certificate.Current().TargetCertificate;
            var now = _time.GetUtcNow().UtcDateTime;
            Assert.InRange(now, leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
        }
        Assert.NotEqual(first, File.ReadAllText(authority.CertificateFile));
    }

    [Theory]
    [InlineData("DNS:localhost", true)]
    [InlineData("IP:127.0.0.1", true)]
    [InlineData("DNS:bank.example", false)]
    [InlineData("IP:10.0.0.1", false)]
    public async Task Development_authority_is_trusted_for_loopback_alone(string san, bool trusted)
    {
        var authority = new DevAuthority(_folder, _time);
        authority.Load();
        var withKey = Path.Combine(_folder, "ca", "ca-with-key.pem");
        var stolen = await _maker.IssueAsync(new ClientCertificate(withKey, withKey), "stolen", san, "serverAuth");

        var said = await Command.RunAsync(
            "openssl", ["verify", "-purpose", "sslserver", "-CAfile", authority.CertificateFile, stolen.Certificate]);

        Assert.Equal(trusted, said.ExitCode == 0);
    }

    public void Dispose()
    {
        _maker.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
