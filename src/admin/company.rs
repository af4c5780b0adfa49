//! The company itself.

use serde_json::json;

use super::{Admin, Problems, Refused};

impl Admin<'_> {
    /// Gives the company another name for people.
    pub async fn rename_company(&self, name: &str) -> Result<(), Refused> {
        let mut problems = Problems::default();
        let name = problems.line("name", name, "Write the company's name.");
        problems.check()?;
        let mut tx = self.store.begin().await?;
        let before = tx.rename_company(self.company, &name).await?;
        let before = before.ok_or(Refused::NotFound)?;
        if before != name {
            let event = self
                .event("company.rename", name.as_str())
                .with_change(json!({ "name": before }), json!({ "name": name }));
            tx.audit(&event).await?;
            tx.commit(self.now).await?;
        }
        Ok(())
    }
}
