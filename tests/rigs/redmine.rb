# Fills an empty Redmine for tests: its usual statuses and roles, and three people who use its REST interface.
# Run by `rails runner FILE login=key ...`.

Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
Setting.login_required = '1'
Setting.text_formatting = 'textile'
# Redmine writes mails in threads of its own, which now and then find SQLite's file locked, or lock it.
Setting.notified_events = []

keys = ARGV.to_h { |given| given.split('=') }

(keys.keys - ['admin']).each do |login|
  person = User.new(firstname: login.capitalize, lastname: 'Example', mail: "#{login}@example.com")
  person.login = login
  person.password = person.password_confirmation = "#{login}-password"
  person.mail_notification = 'none'
  person.save!
  # Most people keep theirs to themselves, which is how Redmine begins.
  person.pref.update!(hide_mail: false)
end

keys.each do |login, key|
  person = User.find_by!(login: login)
  person.must_change_passwd = false
  person.save!(validate: false)
  person.api_key
  person.api_token.update_column(:value, key)
end
